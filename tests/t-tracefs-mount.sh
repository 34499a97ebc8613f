#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Where it may be mounted, and when it ends: mount namespaces that were copied while it was there, a
# mount inside a mount, fstab's user, a user namespace whose source is all of /, systemd's units.
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

# A namespace that everybody has left, but for the daemon in it, which would keep it.
for shape in scratch=tmpfs catalog=no; do
	cat >left <<-SH
		tracefs -o "manifest=$manifest,label=left,$shape" "$dir/src" "$dir/mnt" && cat "$dir/mnt/file" &&
			until [ -e "$dir/go" ]; do sleep 0.1; done
	SH
	unshare --mount --propagation private sh left >read &
	left=$!
	wait_for 30 test -s read
	tracer=$(tracer_pid)
	sleep 5
	check_equal "$shape: while somebody is in its mount namespace the session stays open" "$(open_sessions)" 1
	touch go
	wait "$left"
	check "$shape: when the last one has left the session ends" wait_for 30 no_session_open
	session_whole "$shape: it is whole"
	check_equal "$shape: with what he did" \
		"$(query "SELECT count(*) FROM accesses WHERE path = '/file' AND op = 'open'
			AND uuid = (SELECT uuid FROM session ORDER BY id DESC LIMIT 1)")" 1
	check "$shape: and nobody stays behind" wait_for 30 ended "$tracer"
	rm -f go read
done
mkdir -p shared/mnt
mount --bind shared shared
mount --make-shared shared
unshare --mount --propagation unchanged tracefs -o "manifest=$manifest,label=shared" src shared/mnt
sleep 5
check_equal "a mount that others see too stays for them" "$(cat shared/mnt/file) $(open_sessions)" "hello 1"
unmount_tracefs "$dir/shared/mnt"
session_whole "and its session is whole in the end"
umount shared

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

# helper DIRECTORY: tracefs where mount(8) looks for its helpers, in a layer over it that is this test's.
helper() {
	mkdir -p sbin sbin.work
	ln -sf "$builddir/fs/tracefs" sbin/mount.fuse.tracefs
	mount -t overlay overlay -o "lowerdir=$(readlink -f "$1"),upperdir=$dir/sbin,workdir=$dir/sbin.work" "$1" &&
		on_exit umount -l "$1"
}

# A plain user mounts what fstab lets users mount, and unmounts it.
user_mounts() {
	mkdir -p users/src users/mnt
	echo mine >users/src/file
	mknod users/fuse c 10 229
	chmod 666 users/fuse
	chown -R 65534:65534 users/src users/mnt users
	echo "$dir/users/src $dir/users/mnt fuse.tracefs user,noauto,catalog=no,manifest=$dir/users/m.db 0 0" >users/fstab
	[ -e /etc/fstab ] || touch /etc/fstab
	mount --bind users/fstab /etc/fstab && on_exit umount -l /etc/fstab
	mount --bind users/fuse /dev/fuse && on_exit umount -l /dev/fuse
	mount -t tmpfs tmpfs /run && on_exit umount -l /run # where mount(8) keeps notes for all
	as='setpriv --reuid 65534 --regid 65534 --clear-groups'
	# shellcheck disable=SC2086 # it is several words
	check "a user mounts what fstab says users may" $as mount "$dir/users/mnt"
	check_equal "it serves him" "$($as cat users/mnt/file)" mine
	check_equal "without the rights that no user may hand out" \
		"$(findmnt -no OPTIONS users/mnt | grep -o 'nosuid\|nodev\|noexec' | sort | paste -sd,)" nodev,noexec,nosuid
	# shellcheck disable=SC2086 # as above
	check "he unmounts it" $as umount "$dir/users/mnt"
	wait_for 60 sh -c "[ \"\$(sqlite3 -readonly users/m.db 'SELECT state FROM session')\" = complete ]"
	check_equal "and his session is whole" \
		"$(sqlite3 -readonly users/m.db "SELECT state, dropped FROM session")" "complete|0"
}

if fusermount3 --version >said 2>&1 && helper /sbin; then
	user_mounts
else
	echo "left out: no fusermount3, or no overlay over /sbin"
fi

# systemd as the first process of a container: from fstab, and as a unit of its own.
units() {
	echo '/srv/src /srv/one fuse.tracefs manifest=/srv/one.db,scratch=tmpfs 0 0' >root/etc/fstab
	cat >root/etc/systemd/system/srv-two.mount <<-'UNIT'
		[Unit]
		DefaultDependencies=no
		Conflicts=umount.target
		Before=umount.target
		[Mount]
		What=/srv/src
		Where=/srv/two
		Type=fuse.tracefs
		Options=manifest=/srv/two.db
	UNIT
	cat >root/etc/systemd/system/probe.service <<-'UNIT'
		[Unit]
		DefaultDependencies=no
		Wants=srv-one.mount srv-two.mount
		After=srv-one.mount srv-two.mount
		[Service]
		Type=oneshot
		ExecStart=/bin/sh -c 'cat /srv/one/file; echo new >/srv/two/new; systemctl is-active srv-one.mount srv-two.mount; systemctl stop srv-one.mount; mountpoint /srv/one'
		ExecStopPost=/bin/systemctl --no-block --force poweroff
		StandardOutput=file:/srv/said
	UNIT
}

# container COMMAND…: its root is a layer over this machine's.
container() {
	timeout 120 systemd-nspawn -q --register=no --keep-unit --private-network -D "$dir/root" --bind=/dev/fuse \
		"$@" >booted 2>&1 </dev/null
}

mkdir -p root up up.work
if [ -x /lib/systemd/systemd ] && systemd-nspawn --version >said 2>&1 &&
	mount -t overlay overlay -o "lowerdir=/,upperdir=$dir/up,workdir=$dir/up.work" root && container /bin/true; then
	mkdir -p root/srv/src root/srv/one root/srv/two
	echo hello >root/srv/src/file
	cp "$builddir/fs/tracefs" root/usr/bin/tracefs
	rm -f root/sbin/mount.fuse.tracefs
	ln -s /usr/bin/tracefs root/sbin/mount.fuse.tracefs
	units
	check "systemd boots and ends" container /lib/systemd/systemd --unit=probe.service || cat booted
	check_equal "fstab's mount and a mount unit serve, and can be stopped" "$(cat root/srv/said)" "hello
active
active
/srv/one is not a mountpoint"
	check_equal "the one without scratch can be written" "$(cat root/srv/src/new)" new
	for n in one two; do
		check_equal "$n: the session is whole, stopped or at the end of the system" \
			"$(sqlite3 -readonly root/srv/$n.db 'SELECT state, dropped FROM session')" "complete|0"
	done
	umount root
else
	echo "left out: no systemd here to run as the first process of a container"
fi
finish
