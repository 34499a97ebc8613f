#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Access control lists of the source below a scratch mount that other users may enter: what a list
# keeps from somebody he does not get through the mount either (S13). mode=first obeys lists to the letter.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires sqlite3 --version
requires setfacl --version
requires setpriv --version

chmod 755 "$dir"
user=31234 other=31235 group=31236

make_source() {
	rm -rf source
	mkdir source source/closed source/open source/sticky source/deep source/deep/closed
	for file in plain denied granted grouped masked closed/file open/file sticky/file deep/closed/file; do
		echo "in $file" >"source/$file"
	done
	chmod 1777 source/sticky
	setfacl -m u:$user:--- source/denied source/closed source/deep/closed source/sticky
	chmod 640 source/granted
	setfacl -m u:$user:r source/granted
	setfacl -m g:$group:--- source/grouped
	chown 0:$group source/masked
	setfacl -m u:$other:rw,g::-,m::rw,o::- source/masked # its mode says that the group may
}

# as UID GID COMMAND…
as() {
	uid=$1 gid=$2
	shift 2
	setpriv --reuid "$uid" --regid "$gid" --clear-groups "$@"
}

# reads UID GID ROOT: what that user can read, one line.
reads() {
	for file in plain denied granted grouped masked closed/file open/file sticky/file deep/closed/file; do
		as "$1" "$2" cat "$3/$file" 2>/dev/null
	done | sed 's/in //' | paste -sd' '
}

# more UID GID: what the mount lets him read and the source does not.
more() {
	for file in $(reads "$1" "$2" mnt); do
		case " $(reads "$1" "$2" source) " in *" $file "*) ;; *) echo "$file" ;; esac
	done
}

make_source
allowed=$(reads $user $user source)
check_equal "the source itself" "$allowed" "plain granted grouped open/file"
for where in "$dir/scratch" tmpfs; do
	rm -rf scratch
	mount_tracefs "label=every,scratch=$where" "$dir/source" "$dir/mnt"
	for who in "$user $user" "$other $other" "$other $group" "$user $group"; do
		# shellcheck disable=SC2086 # two words
		check_equal "every, scratch=${where##*/}, user and group $who: no more than the source lets him" "$(more $who)" ""
	done
	check_equal "every, scratch=${where##*/}: he reads the rest" "$(reads $user $user mnt)" "plain open/file"
	check_equal "every, scratch=${where##*/}: root reads all" "$(reads 0 0 mnt | wc -w)" 9
	check_equal "every, scratch=${where##*/}: the list can be looked at" \
		"$(getfacl -nc mnt/denied | grep $user)" "user:$user:---"
	echo more >>mnt/denied
	check_equal "every, scratch=${where##*/}: nor once it is written to" "$(more $user $user)" ""
	unmount_tracefs "$dir/mnt"
	session_whole "every, scratch=${where##*/}: the session is whole"
	check_equal "every, scratch=${where##*/}: and exact" \
		"$(query "SELECT exact FROM session ORDER BY id DESC LIMIT 1")" 1
	check_equal "every, scratch=${where##*/}: the manifest has the mode of the source" \
		"$(query "SELECT printf('%o', mode & 4095) FROM entry WHERE path = '/masked'")" 660
done

rm -rf scratch
mount_tracefs "label=first,mode=first,scratch=$dir/scratch" "$dir/source" "$dir/mnt"
for who in "$user $user" "$other $other" "$other $group" "$user $group" "0 0"; do
	# shellcheck disable=SC2086 # two words
	check_equal "first, user and group $who: what the source lets him, no less and no more" \
		"$(reads $who mnt)" "$(reads $who source)"
done
check_equal "first: the mode is that of the source" "$(stat -c %a mnt/masked)" 660
unmount_tracefs "$dir/mnt"
session_whole "first: the session is whole"

# The root itself is in the scratch from the beginning.
setfacl -m u:$user:--- source
for mode in every first; do
	rm -rf scratch
	mount_tracefs "mode=$mode,scratch=$dir/scratch" "$dir/source" "$dir/mnt"
	check_equal "$mode: a list on the root is obeyed" "$(reads $user $user mnt)" ""
	check_equal "$mode: by others too" "$(as $other $other cat mnt/plain)" "in plain"
	unmount_tracefs "$dir/mnt"
done
setfacl -b source

# An overlay enters what is below it as the one who mounted, for everybody.
check_fails "only_me is not promised where it cannot be kept" 2 "*only_me cannot be had with scratch=*" \
	tracefs -o "manifest=$manifest,scratch=tmpfs,only_me" "$dir/source" "$dir/mnt"
finish
