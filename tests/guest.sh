# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # names of lib.sh
# A machine with a kernel of its own for tests: the distribution's cloud kernel in QEMU, systemd as process 1,
# control groups of version 2 and no other. Emulated, whatever /dev/kvm says, which is slow and the same
# everywhere. Sourced after lib.sh.
#
#	guest_root PACKAGE,…           a Debian root to write in, $guest_root, with systemd, our programs, these tests
#	guest_disk FILE                as a disk, once all is written
#	guest_run FILE SCRIPT SECONDS [QEMU-OPTION…]	the disk is booted, and SCRIPT of tests/ run in it: what it claims is claimed here
#
# SECONDS are of a machine that has nothing else to do: SFC_TEST_GUEST is how many times as long it may take [1].

requires root
requires qemu-system-x86_64 --version
requires mke2fs -V

# What is installed in every guest: our programs' libraries are of lib.sh.
guest_base=systemd-sysv,dbus,dbus-user-session,udev,libpam-systemd,linux-image-cloud-amd64,$our_libraries
# What most of them want: what starts packages, and what makes and looks at them.
# shellcheck disable=SC2034 # who sources this has it
guest_engines=conmon,crun,runc,golang-github-containers-common,busybox-static,squashfs-tools,sqlite3,jq,procps,fuse3,slirp4netns,uidmap,iproute2,curl,python3-minimal

guest_kernel() {
	[ -n "${guest_lower:-}" ] ||
		guest_lower=$("$srcdir/tests/minbase.sh" "$guest_base") || skip "no root with a kernel"
	guest_vmlinuz=$(find "$guest_lower/boot" -name 'vmlinuz-*')
	guest_initrd=$(find "$guest_lower/boot" -name 'initrd.img-*')
}

guest_root() {
	guest_lower=$("$srcdir/tests/minbase.sh" "$guest_base,$1") || skip "no root with a kernel"
	guest_kernel
	guest_root=$dir/guest
	mkdir "$guest_root" "$dir/guest.upper" "$dir/guest.work"
	mount -t overlay -o "lowerdir=$guest_lower,upperdir=$dir/guest.upper,workdir=$dir/guest.work" guest "$guest_root" ||
		skip "cannot mount an overlay"
	unset MAKEFLAGS MAKELEVEL MFLAGS
	make -C "$builddir" install DESTDIR="$guest_root" prefix=/usr/local >"$dir/install.log" 2>&1 || fail "make install"
	mkdir -p "$guest_root/usr/src/sfc/tests/stage"
	tar -C "$srcdir" -c --exclude='*.[coah]' --exclude='*.log' --exclude='*.trs' --exclude=tests/fuzz --exclude=tests/unit \
		README tests | tar -C "$guest_root/usr/src/sfc" -x
	cp "$builddir/tests/stage/try-calls" "$guest_root/usr/src/sfc/tests/stage/"
	guest_writes_units
	printf '/dev/vda / ext4 defaults 0 1\n' >"$guest_root/etc/fstab"
	echo guest >"$guest_root/etc/hostname"
	printf '127.0.0.1 localhost guest\n' >"$guest_root/etc/hosts"
}

# The last unit of a boot runs what the kernel's command line names, and then the machine is switched off.
guest_writes_units() {
	cat >"$guest_root/etc/systemd/system/claims.service" <<-'END'
		[Unit]
		Description=what is tested
		After=multi-user.target
		SuccessAction=poweroff
		FailureAction=poweroff
		[Service]
		Type=oneshot
		TimeoutStartSec=infinity
		Environment=srcdir=/usr/src/sfc builddir=/usr/src/sfc HOME=/root
		Environment=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
		ExecStart=/usr/local/sbin/claims
	END
	cat >"$guest_root/usr/local/sbin/claims" <<-'END'
		#!/bin/sh
		# on a slow machine units are sooner there than devices
		until [ -w /dev/virtio-ports/claims ]; do sleep 0.2; done
		exec >/dev/virtio-ports/claims 2>&1
		exec sh "/usr/src/sfc/tests/$(sed 's/.*claims=//; s/ .*//' /proc/cmdline)"
	END
	chmod 755 "$guest_root/usr/local/sbin/claims"
	mkdir -p "$guest_root/etc/systemd/system/multi-user.target.wants"
	ln -s ../claims.service "$guest_root/etc/systemd/system/multi-user.target.wants/claims.service"
	for unit in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer; do
		ln -s /dev/null "$guest_root/etc/systemd/system/$unit"
	done
}

guest_disk() {
	mke2fs -q -t ext4 -d "$guest_root" "$1" 4G >"$dir/mke2fs.log" 2>&1 ||
		fail "no disk: $(tail -n 1 "$dir/mke2fs.log")"
}

# Its number is only ours until it has ended.
guest_end() {
	[ -z "${guest_pid:-}" ] || kill "$guest_pid" 2>/dev/null
}
on_exit guest_end

guest_qemu() {
	guest_seconds=$(($1 * ${SFC_TEST_GUEST:-1})) guest_console=$2
	shift 2
	timeout -k 5 "$guest_seconds" qemu-system-x86_64 -M q35 -accel tcg,thread=multi -cpu "${guest_cpu:-max}" -smp "${guest_smp:-2}" -m 1024 -nodefaults \
		-no-user-config -nographic -no-reboot -serial "file:$guest_console" "$@" </dev/null >"$dir/qemu.log" 2>&1 &
	guest_pid=$!
	wait "$guest_pid"
	guest_status=$?
	guest_pid=
	return $guest_status
}

guest_run() {
	guest_file=$1 guest_script=$2 guest_seconds=$3
	shift 3
	rm -f "$dir/claims"
	guest_began=$(date +%s)
	guest_qemu "$guest_seconds" "$dir/console" -kernel "$guest_vmlinuz" -initrd "$guest_initrd" \
		-append "console=ttyS0 root=/dev/vda rw quiet panic=-1 ${guest_append:-} systemd.show_status=0 claims=$guest_script suite=${guest_words:-}" \
		-drive "file=$guest_file,format=raw,if=none,id=root,cache=unsafe" -device virtio-blk-pci,drive=root \
		-device virtio-serial-pci -chardev "file,id=claims,path=$dir/claims" \
		-device virtserialport,chardev=claims,name=claims "$@"
	guest_status=$?
	echo "--- $guest_script in a guest, $(($(date +%s) - guest_began)) s, status $guest_status"
	cat "$dir/claims"
	guest_count=$(sed -n '$s/^\([0-9]*\) claims, \([0-9]*\) failed$/\1 \2/p' "$dir/claims")
	if [ -z "$guest_count" ]; then
		tail -n 30 "$dir/console" "$dir/qemu.log"
		guest_count="1 1"
		echo "FAIL: $guest_script came to its end in the guest"
	fi
	claims=$((claims + ${guest_count% *}))
	failures=$((failures + ${guest_count#* }))
}
