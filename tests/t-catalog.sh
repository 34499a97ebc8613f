#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The catalog lists disks only, and never waits for a file system whose server hangs.
. "${srcdir:-.}/tests/lib.sh"
requires root
requires fuse
requires sqlite3 --version

mkdir -p root/data root/hung root/disk root/memory elsewhere mnt
echo 1 >root/data/file
ln -s file root/data/link
truncate -s 4M disk.img
mkfs.ext4 -q disk.img && mount -o loop disk.img root/disk && on_exit umount "$dir/root/disk"
echo 2 >root/disk/inside
mount -t tmpfs none root/memory && on_exit umount "$dir/root/memory"
echo 3 >root/memory/gone

tracefs -f -o manifest="$dir/hung.db" elsewhere root/hung 2>hung.log &
hung=$!
on_exit kill -CONT "$hung"
wait_for 10 mountpoint -q root/hung || fail "the mount that is to hang did not come up"
kill -STOP "$hung"

# A minute is no claim about speed: it tells hanging from working.
check "mounting is not held up" timeout 60 tracefs -o manifest="$dir/m.db",ro root mnt
check "nor is a read" timeout 60 cat mnt/data/file
check "nor is unmounting" timeout 60 umount mnt
wait_for 60 sh -c '[ "$(sqlite3 m.db "SELECT state FROM session")" = complete ]'
check_equal "the session is whole" "$(sqlite3 m.db 'SELECT state FROM session')" complete
check_equal "another disk is in the catalog, what is mounted over no disk is not" \
	"$(sqlite3 m.db "SELECT path || ' ' || kind || ' ' || size FROM catalog WHERE path NOT LIKE '%lost+found'" | tr '\n' ';')" \
	"/ dir 0;/data dir 0;/data/file file 2;/data/link link 4;/disk dir 0;/disk/inside file 2;/hung dir 0;/memory dir 0;"

kill -CONT "$hung"
# who was kept waiting by it, df(1) of somebody else for one, holds it until it is answered
check "the other one goes on" wait_for 60 umount root/hung
wait "$hung"

check "xdev stays on one" timeout 60 tracefs -o manifest="$dir/x.db",ro,xdev root mnt
umount mnt
wait_for 60 sh -c '[ "$(sqlite3 x.db "SELECT state FROM session")" = complete ]'
check_equal "xdev leaves the other disk out of the catalog" \
	"$(sqlite3 x.db "SELECT count(*) FROM catalog WHERE path LIKE '/disk/%'")" 0
finish
