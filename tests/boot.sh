# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # names of lib.sh
# A machine of its own for tests: systemd as process 1 in a container over a Debian root, with our
# programs installed. Sourced after lib.sh.
#
#	boot_root runc,jq; boot_up --bind=HOST:GUEST…; boot_run COMMAND…; boot_down

requires root
requires systemd-nspawn --version
requires unshare --mount true

# boot_root PACKAGE[,…]: a root to write in, in $boot_root.
boot_root() {
	boot_lower=$("$srcdir/tests/minbase.sh" "systemd-sysv,dbus,$our_libraries,$1") || skip "no root with systemd"
	boot_root=$dir/machine
	mkdir -p "$boot_root" "$dir/machine.upper" "$dir/machine.work"
	mount -t overlay -o "lowerdir=$boot_lower,upperdir=$dir/machine.upper,workdir=$dir/machine.work" machine "$boot_root" ||
		skip "cannot mount an overlay"
	unset MAKEFLAGS MAKELEVEL MFLAGS
	make -C "$builddir" install DESTDIR="$boot_root" prefix=/usr/local >"$dir/install.log" 2>&1 || fail "make install"
	# its cgroups are there to be used, and loop devices, which udev is not there to make
	cat >"$boot_root/etc/systemd/system/devices.service" <<-'END'
		[Unit]
		DefaultDependencies=no
		Before=sysinit.target
		[Service]
		Type=oneshot
		ExecStart=/bin/sh -c 'for c in /sys/fs/cgroup /sys/fs/cgroup/*; do mount -o remount,bind,rw $c; done; true'
		ExecStart=/bin/sh -c 'mknod /dev/loop-control c 10 237; for i in $(seq 0 99); do mknod /dev/loop$i b 7 $i; done'
	END
	mkdir -p "$boot_root/etc/systemd/system/sysinit.target.wants"
	ln -s ../devices.service "$boot_root/etc/systemd/system/sysinit.target.wants/devices.service"
	on_exit boot_kill
}

# boot_up [NSPAWN-OPTION]…: until it is up, or has failed to.
boot_up() {
	systemd-nspawn -q --register=no --keep-unit --boot --private-network --directory="$boot_root" \
		--console=pipe --system-call-filter='@keyring bpf' "$@" </dev/null >"$dir/console" 2>&1 &
	boot_nspawn=$!
	wait_for 60 boot_is_up || boot_is_up || {
		tail "$dir/console"
		return 1
	}
}

# Its process 1 as the host sees it, in $boot_first.
boot_find() {
	boot_first=$(tr -d ' ' 2>/dev/null <"/proc/$boot_nspawn/task/$boot_nspawn/children")
	[ -n "$boot_first" ]
}

boot_is_up() {
	boot_find || return
	case $(boot_run systemctl is-system-running) in running | degraded) ;; *) false ;; esac
}

# boot_run COMMAND…: in it, as root.
boot_run() {
	nsenter --target "$boot_first" --mount --uts --ipc --net --pid --root --wd -- \
		env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_PAGER=cat "$@"
}

# boot_down: as with the power button.
boot_down() {
	boot_run systemctl poweroff
	wait_for 60 boot_is_down
	boot_kill
}

boot_is_down() { ! kill -0 "$boot_nspawn" 2>/dev/null; }

# Whatever happened: its process 1 takes all others with it.
boot_kill() {
	[ -n "${boot_nspawn:-}" ] || return 0
	if ! boot_is_down; then
		kill -KILL "$boot_first" 2>/dev/null
		wait_for 30 boot_is_down || kill -KILL "$boot_nspawn"
	fi
	wait "$boot_nspawn" 2>/dev/null
	boot_nspawn=
}
