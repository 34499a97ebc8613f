#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A mount without scratch=, as a file system among others: times of last use, other flags for a mount
# that stands, file handles. What else it answers is in t-tracefs-behave.sh.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires sqlite3 --version

handle=$builddir/tests/fs/handle
chmod 755 "$dir"

# mount(8) looks for its helpers in the system's directory alone.
mkdir helper
ln -s "$builddir/fs/tracefs" helper/mount.fuse.tracefs
mount -t overlay -o "lowerdir=$dir/helper:/usr/sbin" overlay /usr/sbin || skip "no overlayfs here"
on_exit umount -l /usr/sbin

mkdir source mnt disk source/disk
mount --bind disk source/disk
for file in file other passthrough disk/file; do echo "text of $file" >"source/$file"; done
ln -s file source/link

# old FILE…: used long ago, all of them.
old() {
	for file; do touch -h -a -d '2001-01-01 UTC' "source/$file"; done
}

# used FILE: when it was; "long ago" or "now".
used() {
	case $(stat -c %X "source/$1") in 978307200) echo "long ago" ;; *) echo now ;; esac
}

# use FILE: read it by way of the mount.
use() {
	if [ -d "mnt/$1" ]; then ls "mnt/$1"; elif [ -h "mnt/$1" ]; then readlink "mnt/$1"; else cat "mnt/$1"; fi >was-read
	[ -s was-read ] || fail "$1 cannot be read"
}

for passthrough in auto off; do
	mount_tracefs "label=noatime,noatime,catalog=no,passthrough=$passthrough" "$dir/source" "$dir/mnt"
	old file link disk/file .
	for file in file link disk/file .; do
		use "$file"
		check_equal "noatime, passthrough=$passthrough: reading $file leaves its time" "$(used "$file")" "long ago"
	done
	unmount_tracefs "$dir/mnt"
	mount_tracefs "label=atime,catalog=no,passthrough=$passthrough" "$dir/source" "$dir/mnt"
	old file link
	for file in file link; do
		use "$file"
		check_equal "without it, passthrough=$passthrough: reading $file is seen" "$(used "$file")" now
	done
	unmount_tracefs "$dir/mnt"
done

# A plain user, who may not clone the source's mount, reads his own files so.
if fusermount3 --version >/dev/null 2>&1; then
	mkdir -p user/source user/mnt
	echo mine >user/source/file
	mknod device c 10 229
	chmod 666 device
	chown -R 65534:65534 user
	touch -a -d '2001-01-01 UTC' user/source/file
	unshare -m sh -c "mount --bind '$dir/device' /dev/fuse && cd user &&
		setpriv --reuid 65534 --regid 65534 --clear-groups sh -c '
		tracefs -o manifest=m.db,noatime source mnt && cat mnt/file && tracefs --unmount mnt'" >user.out 2>user.err
	check_equal "noatime of a plain user" "$(cat user.out)" mine
	check_equal "leaves the times of his own files" "$(stat -c %X user/source/file)" 978307200
fi

# Other flags.
flags() {
	awk -v at="$dir/mnt" '$5 == at { print $6 }' /proc/self/mountinfo
}
mount -t fuse.tracefs -o "manifest=$manifest,label=remount,catalog=no,nosuid" "$dir/source" "$dir/mnt"
on_exit sh -c "mountpoint -q '$dir/mnt' && umount -l '$dir/mnt'"
echo before >mnt/writes
check "remounting read-only" mount -o remount,ro "$dir/mnt"
check_equal "is shown" "$(flags)" ro,nosuid,relatime
check_fails "and obeyed" 1 '*Read-only file system*' touch mnt/writes
check "remounting for writing" mount -o remount,rw,noatime "$dir/mnt"
check_equal "with noatime is shown" "$(flags)" rw,nosuid,noatime
echo after >mnt/writes
check_equal "and obeyed" "$(cat source/writes)" after
old other
use other
check_equal "so is noatime" "$(used other)" "long ago"
check "and back" mount -o remount,relatime "$dir/mnt"
use other
check_equal "to what it was" "$(used other)" now
exec 9>>mnt/writes
check_fails "a mount that somebody writes to does not become read-only" 1 '*cannot remount*busy*' \
	tracefs -o remount,ro "$dir/source" "$dir/mnt"
exec 9>&-
check_equal "and it stays as it was" "$(flags)" rw,nosuid,relatime
unmount_tracefs "$dir/mnt"
session_whole "the session is whole"
mount_tracefs "label=read-only,ro,catalog=no" "$dir/source" "$dir/mnt"
check_fails "what was mounted ro cannot become rw" 1 '*it was mounted ro*' tracefs -o remount,rw "$dir/source" "$dir/mnt"
check_equal "and does not" "$(flags)" ro,relatime
unmount_tracefs "$dir/mnt"
check_fails "no mount to remount" 1 '*not a mount that a tracefs of yours serves*' tracefs -o remount,rw "$dir/source" "$dir/mnt"

# Handles.
mkdir native traced
"$handle" native 2000 >native.answers
check_equal "file handles outlive a file system's memory" "$(head -n 1 native.answers)" "2000 of 2000 files"
for options in mode=every mode=first passthrough=off transport=dev; do
	rm -rf traced && mkdir traced
	mount_tracefs "label=handles,catalog=no,$options" "$dir/traced" "$dir/mnt"
	"$handle" "$dir/mnt" 2000 >traced.answers
	check_equal "$options: and ours, with the same answers" "$(cat traced.answers)" "$(cat native.answers)"
	unmount_tracefs "$dir/mnt"
	session_whole "$options: the session is whole"
done
check_equal "the kernel's search for the name of one is not" \
	"$(query "SELECT count(*) FROM accesses WHERE path IN ('/one', '/one/two') AND op = 'readdir' AND label = 'handles'")" 0
check "opening by handle is use of the file" test "$(query "SELECT count(*) FROM accesses
	WHERE path = '/file-7' AND op = 'open' AND label = 'handles'")" -gt 0
finish
