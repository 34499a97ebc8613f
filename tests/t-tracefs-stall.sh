#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# One slow call stalls nobody beside it, through /dev/fuse and through io_uring: inside the source a disk
# is mounted whose blocks come from a process that is stopped. Listings of it hang; looking at, reading
# and listing everything else goes on, on each CPU; and when the disk is back the listings are right.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires sqlite3 --version
requires mkfs.ext4 -V
requires taskset --version

uring=/sys/module/fuse/parameters/enable_uring
entries=3000 each=20

# The disk's blocks: a file of a mount of its own, served by a process that can be stopped.
mkdir -p source/disk content
seq 200 | while read -r n; do
	mkdir -p "source/tree/$n" && echo "$n" >"source/tree/$n/file"
done
seq $entries | while read -r n; do
	: >"content/a-name-that-is-long-enough-to-fill-many-blocks-$n"
done
truncate -s 64M image
mkfs.ext4 -q -N 8192 -d content image || skip "mkfs.ext4 cannot fill a file system"

# mount_disk NAME: its blocks are a file of a mount of its own, which $server serves. Nothing of it is in
# the kernel's memory.
mount_disk() {
	mkdir "blocks-$1" "served-$1"
	cp --sparse=always image "blocks-$1/image"
	tracefs -f -o "manifest=$dir/served-$1.db,catalog=no,passthrough=off,transport=dev" \
		"blocks-$1" "served-$1" 2>"served-$1.said" &
	server=$!
	on_exit sh -c "kill -CONT $server; umount -l '$dir/served-$1'; tail --pid=$server -f /dev/null"
	wait_for 30 mountpoint -q "served-$1" || fail "the disk is not served: $(cat "served-$1.said")"
	mount -o loop,ro,noload "served-$1/image" source/disk || skip "no loop devices"
}

# shellcheck disable=SC2317 # it is called, by check
# everything_else CPU FROM: of directories that nobody has looked at yet.
everything_else() {
	n=$2
	while [ "$n" -lt $(($2 + each)) ]; do
		taskset -c "$1" find "mnt/tree/$n" -printf '%s\n' >listed &&
			taskset -c "$1" cat "mnt/tree/$n/file" >shown &&
			[ "$(cat shown)" = "$n" ] && [ ! -e "mnt/tree/$n/missing" ] || return
		n=$((n + 1))
	done
}

# try TRANSPORT: three listings hang, and nothing else.
try() {
	mount_disk "$1"
	mount_tracefs "label=$1,transport=$1,catalog=no,scratch=$dir/scratch-$1" "$dir/source" "$dir/mnt"
	kill -STOP $server
	sleep 60 & # after that the test shall fail, but not hang
	alarm=$!
	sh -c "tail --pid=$alarm -f /dev/null; kill -CONT $server" &
	listings=
	for n in 1 2 3; do
		find mnt/disk -name 'a-name*' -size 0 >"found.$n" &
		listings="$listings $!"
	done
	first=1
	for cpu in 0 1 2 3; do
		taskset -c $cpu true 2>/dev/null || continue
		check "$1: everything else goes on, on CPU $cpu" everything_else $cpu $first
		first=$((first + each))
	done
	for listing in $listings; do
		check "$1: while a listing of the disk hangs" kill -0 "$listing"
	done
	kill $alarm
	kill -CONT $server
	# shellcheck disable=SC2086 # one by one
	wait $listings
	check_equal "$1: which ends when the disk is back" "$(cat found.* | wc -l)" $((3 * entries))
	unmount_tracefs "$dir/mnt"
	session_whole "$1: the session is whole"
	umount source/disk
}

try dev
if [ -w $uring ]; then
	on_exit sh -c "echo $(cat $uring) >$uring"
	echo Y >$uring
	try uring
else
	echo "left out: this kernel has no FUSE over io_uring"
fi
finish
