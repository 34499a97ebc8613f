#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Where it may be mounted, and when it ends: mount namespaces that were copied while it was there, a
# mount inside a mount, fstab's user, a user namespace whose source is all of /, a unit of systemd.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires sqlite3 --version

mkdir src mnt
echo hello >src/file
cp /bin/sleep src/sleep
chmod 755 .

# bystander COMMAND…: in a mount namespace that is a copy of this one, private; ends with the test.
bystander() {
	rm -f copied
	unshare --mount --propagation private sh -c 'touch copied; exec "$@"' sh "$@" &
	beside=$!
	on_exit sh -c "kill $beside 2>/dev/null"
	wait_for 30 test -e copied
}

for shape in scratch=tmpfs catalog=no; do
	mount_tracefs "label=copied,$shape" "$dir/src" "$dir/mnt"
	bystander sleep 1000
	unmount_tracefs "$dir/mnt"
	session_whole "$shape: a copy of the mount that nobody uses does not keep the session open"
	check "$shape: the one with the copy lives" kill -0 $beside
	kill $beside

	mount_tracefs "label=used,$shape" "$dir/src" "$dir/mnt"
	bystander sh -c "cd '$dir/mnt' && touch '$dir/inside' && until [ -e '$dir/go' ]; do sleep 0.1; done; cat file >'$dir/read'"
	wait_for 30 test -e inside
	umount mnt
	sleep 2
	check_equal "$shape: a copy that somebody is in does" "$(open_sessions)" 1
	touch go
	check "$shape: he can go on" wait $beside
	check_equal "$shape: and reads what is there" "$(cat read)" hello
	wait_for 60 no_session_open
	session_whole "$shape: and the session ends when he leaves"
	check_equal "$shape: with what he did" \
		"$(query "SELECT count(*) FROM accesses WHERE path = '/file' AND op = 'open'
			AND uuid = (SELECT uuid FROM session ORDER BY id DESC LIMIT 1)")" 1
	rm -f go inside read
done

# Traced, and inside of that traced again, in a namespace of its own.
mkdir -p outer/in outer/mnt
echo deep >outer/in/file
mount_tracefs "label=outer,scratch=tmpfs" "$dir/outer" "$dir/mnt"
cat >nested <<SH
tracefs -o "manifest=$dir/inner.db,label=inner" "$dir/mnt/in" "$dir/mnt/mnt" && cat "$dir/mnt/mnt/file" &&
	tracefs --unmount "$dir/mnt/mnt" 2>&1
SH
check_equal "a traced tree can be traced" "$(unshare --mount sh nested 2>&1 | head -n 1)" deep
check_equal "the inner session is whole" \
	"$(sqlite3 -readonly inner.db 'SELECT state, dropped FROM session')" "complete|0"
unmount_tracefs "$dir/mnt"
session_whole "the outer session is whole"
check_equal "both saw the file" "$(query "SELECT count(*) > 0 FROM accesses WHERE path = '/in/file' AND op = 'open'")$(
	sqlite3 -readonly inner.db "SELECT count(*) > 0 FROM accesses WHERE path = '/file' AND op = 'open'")" 11

# All of this machine, from a user namespace, in which mounts that came along cannot be taken apart.
if unshare -Urm true 2>refused; then
	mkdir all
	cat >unprivileged <<SH
tracefs -o "manifest=$dir/all.db,catalog=no,scratch=tmpfs" / "$dir/all" 2>summary || exit
ls "$dir/all/proc" "$dir/all/sys"
cat "$dir/all$dir/src/file"
[ -e "$dir/all/dev/null" ] || echo nothing in dev
tracefs --unmount "$dir/all" 2>said || cat said
SH
	timeout 60 unshare -Urm sh unprivileged >got 2>&1
	check_equal "a user namespace traces / without what is made up by the kernel" "$(cat got)" "$dir/all/proc:

$dir/all/sys:
hello
nothing in dev"
	check_equal "and its session ends" \
		"$(sqlite3 -readonly all.db 'SELECT state, dropped FROM session')" "complete|0"
else
	echo "left out: no user namespaces here"
fi
finish
