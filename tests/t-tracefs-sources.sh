#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What SOURCE may be: a tree on ext4, xfs, btrfs, tmpfs and squashfs, an overlay, a bind mount, and a tree
# with another disk mounted inside; in both shapes. And mounting as fstab does it.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires sqlite3 --version

# fill DIRECTORY: what each source holds.
fill() {
	mkdir -p "$1/bin" "$1/inner" &&
		echo hello >"$1/file" && ln -s file "$1/link" &&
		cp /bin/true "$1/bin/true" && seq 20000 >"$1/inner/long"
}


# try_source KIND DIRECTORY SHAPE: read, run, write where it is possible, and find all of it recorded.
try_source() {
	rm -f "$manifest"*
	shape=scratch=tmpfs
	[ "$3" = scratch ] || shape=catalog=yes
	mount_tracefs "$shape" "$dir/$2" "$dir/mnt"
	check_equal "$1, $3: a file, through a link" "$(cat mnt/link)" hello
	check_equal "$1, $3: a longer one" "$(cksum <mnt/inner/long)" "$(cksum <"$2/inner/long")"
	check "$1, $3: a program runs" mnt/bin/true
	if [ "$3" = scratch ]; then
		check "$1, $3: a file can be written" sh -c "echo changed >mnt/inner/long && echo new >mnt/new"
		check_equal "$1, $3: and reads as written" "$(cat mnt/inner/long mnt/new)" "changed
new"
		check_equal "$1, $3: not in the source" "$(wc -l <"$2/inner/long")$([ ! -e "$2/new" ] || echo " new")" 20000
	fi
	unmount_tracefs "$dir/mnt"
	session_whole "$1, $3: the session is whole"
	check_equal "$1, $3: all of it is recorded" \
		"$(query "SELECT count(*) FROM accesses WHERE op IN ('open', 'exec') AND errno = 0 AND
			(path, op) IN (VALUES ('/bin/true', 'exec'), ('/file', 'open'), ('/inner/long', 'open'))
			AND exe <> ''" | awk '{ print ($1 >= 3) }')" 1
	check_equal "$1, $3: and the catalog lists it" \
		"$(query "SELECT count(*) FROM catalog WHERE path IN ('/file', '/link', '/bin/true', '/inner/long')")" 4
}

try_both() {
	try_source "$1" "$2" scratch
	try_source "$1" "$2" plain
}

# image KIND SIZE MKFS…: a file with that file system in it, mounted at KIND, filled; false where it cannot be.
image() {
	kind=$1 size=$2
	shift 2
	command -v "$1" >/dev/null || { echo "left out: no $1"; return 1; }
	truncate -s "$size" "$kind.img"
	mkdir "$kind"
	"$@" "$kind.img" >made 2>&1 || { cat made; fail "$1 makes no file system"; return 1; }
	mount -o loop "$kind.img" "$kind" 2>made || { echo "left out: the kernel has no $kind"; return 1; }
	on_exit umount -l "$dir/$kind"
	fill "$kind"
}

image ext4 16M mkfs.ext4 -q && try_both ext4 ext4
image xfs 300M mkfs.xfs -q && try_both xfs xfs
image btrfs 128M mkfs.btrfs -q && try_both btrfs btrfs

mkdir memory
mount -t tmpfs memory memory && on_exit umount -l "$dir/memory" && fill memory && try_both tmpfs memory

if command -v mksquashfs >/dev/null; then
	mkdir squash tosquash
	fill tosquash
	mksquashfs tosquash squash.img -quiet -no-progress >made 2>&1 || fail "mksquashfs"
	mount -o loop squash.img squash && on_exit umount -l "$dir/squash" && try_both squashfs squash
fi

mkdir low up work over bound
fill low
mount -t overlay -o "lowerdir=$dir/low,upperdir=$dir/up,workdir=$dir/work" overlay over &&
	on_exit umount -l "$dir/over" && try_both overlayfs over
mount --bind low bound && on_exit umount -l "$dir/bound" && try_both "a bind mount" bound

# Another disk inside. Both are new file systems of one kind, so the files of one have the numbers
# of the other's.
mkdir outer
fill_alike() {
	echo "$2" >"$1/same"
	mkdir "$1/below"
	echo "$2 below" >"$1/below/deep"
}
for image in outer other; do
	truncate -s 16M "$image.img"
	mkfs.ext4 -q "$image.img" || fail mkfs.ext4
done
mount -o loop outer.img outer || skip "no loop mounts here"
on_exit umount -l "$dir/outer"
fill_alike outer outside
mkdir outer/disk
mount -o loop other.img outer/disk
on_exit umount -l "$dir/outer/disk"
fill_alike outer/disk inside
check_equal "files of both disks have the same number" \
	"$(stat -c %i outer/same outer/below/deep)" "$(stat -c %i outer/disk/same outer/disk/below/deep)"

for shape in scratch=tmpfs catalog=yes; do
	rm -f "$manifest"*
	mount_tracefs "$shape" "$dir/outer" "$dir/mnt"
	check_equal "$shape: each disk shows its own" \
		"$(cat mnt/same mnt/disk/same mnt/below/deep mnt/disk/below/deep)" "outside
inside
outside below
inside below"
	check_equal "$shape: no two files pass for one" \
		"$(stat -c '%d:%i' mnt/same mnt/disk/same | sort -u | wc -l)" 2
	unmount_tracefs "$dir/mnt"
	check_equal "$shape: both are recorded by their own names" \
		"$(query "SELECT path, sum(count) FROM accesses WHERE op = 'open' AND path LIKE '%/same' GROUP BY path ORDER BY path")" \
		"/disk/same|1
/same|1"
	check_equal "$shape: the catalog lists both" \
		"$(query "SELECT count(*) FROM catalog WHERE path LIKE '%/deep'")" 2

	rm -f "$manifest"*
	mount_tracefs "$shape,xdev" "$dir/outer" "$dir/mnt"
	check_equal "$shape,xdev: the other disk is not there" "$(ls mnt/disk)" ""
	check_equal "$shape,xdev: this one is" "$(cat mnt/below/deep)" "outside below"
	unmount_tracefs "$dir/mnt"
	check_equal "$shape,xdev: nor is it in the catalog" \
		"$(query "SELECT group_concat(path) FROM catalog WHERE path LIKE '%/deep'")" /below/deep
done

# As fstab does it: mount(8) looks for its helpers in /sbin only, and lends them no PATH of ours.
# This /sbin is this test's own, as its mounts are.
mkdir sbin sbin.work
mount -t overlay overlay -o "lowerdir=$(readlink -f /sbin),upperdir=$dir/sbin,workdir=$dir/sbin.work" /sbin || {
	echo "left out: no overlay over /sbin"
	finish
}
on_exit umount -l /sbin
cat >/sbin/mount.fuse.tracefs <<SH
#!/bin/sh
exec "$builddir/fs/tracefs" "\$@"
SH
chmod 755 /sbin/mount.fuse.tracefs
rm -f "$manifest"*
check "mount -t fuse.tracefs, with options that are fstab's" \
	mount -t fuse.tracefs -o "noauto,nofail,_netdev,rw,nodev,manifest=$manifest,scratch=tmpfs" "$dir/low" "$dir/mnt"
check_equal "it serves" "$(cat mnt/file)" hello
check_equal "with what was asked for" "$(findmnt -no OPTIONS mnt | grep -c nodev)" 1
unmount_tracefs "$dir/mnt"
rm -f "$manifest"*
printf '%s %s fuse.tracefs noauto,x-systemd.automount,ro,manifest=%s 0 0\n' "$dir/low" "$dir/mnt" "$manifest" >fstab
check "mount -T FILE, by the mount point alone" mount -T "$dir/fstab" "$dir/mnt"
check_equal "it serves as well" "$(cat mnt/file)" hello
check "and is read-only" sh -c '! { echo x >mnt/new; } 2>refused'
check_equal "not in the source either" "$(ls low)" "bin
file
inner
link"
unmount_tracefs "$dir/mnt"
session_whole "the session of fstab is whole"
finish
