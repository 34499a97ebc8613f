# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What a program can do that sfc starts, read from inside: the same questions for root's containers and for a plain
# user's. Sourced after stage.sh.
#
#	confinement_root DIR			a root that tells
#	confinement_check COMMAND RUNTIME	by that command, in the name web or the package $own/all.sfc
#
# by() is how sfc is called; the directory $own is of who calls it, and holds root, plain.sqsh, all.sfc and vol.
# shellcheck disable=SC2016,SC2317,SC2010 # names of ours
: "${dir:?}" "${srcdir:?}" "${builddir:?}"

# confinement_root DIR: a root that can tell.
confinement_root() {
	busybox_root "$1" sh cat ls id env mkdir touch chmod readlink grep sed sort nc sleep tty stat true head tr
	cp "$builddir/tests/stage/try-calls" "$1/bin/"
	chmod 777 "$1/tmp"
	cat >"$1/bin/look" <<-'END'
		#!/bin/sh
		# facts of this process, a line each, into a file if one is named
		echo "out=$(readlink /proc/$$/fd/1 | sed 's/:.*//') err=$(readlink /proc/$$/fd/2 | sed 's/:.*//')" >/tmp/streams
		[ -z "$1" ] || exec >>"$1"
		cat /tmp/streams
		grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status | tr -d '\t '
		for n in cgroup ipc mnt net pid user uts; do echo "$n=$(readlink /proc/self/ns/$n)"; done
		echo "processes=$(ls -d /proc/[0-9]* | grep -c .)"
		echo "dev=$(ls /dev | tr '\n' ' ')"
	END
	cat >"$1/bin/try-mounts" <<-'END'
		#!/bin/sh
		# whatever below /sys and /proc can be created in or written
		while read -r _ where type _; do
			case $where in /sys | /sys/* | /proc | /proc/*) ;; *) continue ;; esac
			[ ! -d "$where" ] || ! mkdir "$where/sfc-try" 2>/dev/null || echo "mkdir $where ($type)"
			[ ! -d "$where" ] || ! touch "$where/sfc-file" 2>/dev/null || echo "touch $where ($type)"
		done </proc/mounts
		for file in /proc/sysrq-trigger /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches \
			/sys/kernel/uevent_helper /sys/fs/cgroup/pids/cgroup.procs /sys/fs/cgroup/cgroup.procs \
			/proc/irq/default_smp_affinity; do
			[ ! -e "$file" ] || ! (echo 0 >"$file") 2>/dev/null || echo "wrote $file"
		done
		for file in /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug /proc/interrupts; do
			[ ! -e "$file" ] || [ -z "$(head -c 1 "$file" 2>/dev/null)" ] || echo "read $file"
		done
		for place in /proc/acpi /proc/scsi /sys/firmware /sys/dev/block /sys/fs/selinux /sys/devices/virtual/powercap; do
			[ ! -d "$place" ] || [ -z "$(ls -A "$place")" ] || echo "listed $place"
		done
		true
	END
	chmod 755 "$1/bin/look" "$1/bin/try-mounts"
}

# Of all that were asked; they should agree.
value() { sed -n "s/^$1[=:]//p" "$dir/facts" | sort -u; }

# in_container COMMAND RUNTIME WORD…: a program under one of sfc's commands; prints what it prints.
in_container() {
	how=$1 which=$2
	shift 2
	case $how in
	run) by run --runtime "$which" "$own/plain.sqsh" -- "$@" ;;
	test) by test -q web --runtime "$which" -- "$@" ;;
	exec) by test exec web -- "$@" ;;
	dev) by dev exec web -- "$@" ;;
	slim | verify)
		rm -f "$own/vol/said"
		if [ "$1" = look ]; then set -- look /vol/said; else set -- sh -c '"$@" >/vol/said 2>&1' sh "$@"; fi
		if [ "$how" = slim ]; then
			by slim -q -f -o "$own/s.sfc" --level 1 --root "$own/root" --runtime "$which" --compare none \
				-v "$own/vol:/vol" -- "$@" >"$dir/ours"
		else
			by verify -q --root "$own/root" --runtime "$which" --compare status -v "$own/vol:/vol" "$own/all.sfc" \
				-- "$@" >"$dir/ours"
		fi
		cat "$own/vol/said"
		;;
	esac
}

# What the first process is there: the program, or where one of ours goes before it, nobody who can be looked into.
first_of() {
	case $1 in run | dev) echo /bin/busybox ;; esac
}

confinement_check() {
	command=$1 runtime=$2
	[ "$command" != exec ] || by test start web -q --runtime "$runtime" -- sleep 1000 >/dev/null
	in_container "$command" "$runtime" look >"$dir/facts" 2>"$dir/said" </dev/null
	check_equal "$command, $runtime: it runs" "$?$(cat "$dir/said")" 0
	for set in CapPrm CapEff CapBnd; do
		check_equal "$set are podman's eleven" "$(value "$set")" 00000000800405fb
	done
	check_equal "nothing is inheritable" "$(value CapInh)" 0000000000000000
	check_equal "nor ambient" "$(value CapAmb)" 0000000000000000
	check_equal "a seccomp filter is on" "$(value Seccomp)" 2
	# set-id programs are for building, and are seen as they are under trace
	case $command in run | verify) privileges=1 ;; *) privileges=0 ;; esac
	check_equal "and no new privileges, where it is so" "$(value NoNewPrivs)" $privileges
	for space in cgroup ipc mnt pid uts; do
		check "its $space namespace is its own" test -n "$(value $space)" -a "$(value $space)" != "$(readlink /proc/self/ns/$space)"
	done
	check_equal "the network is the host's where nothing else is asked" "$(value net)" "$(readlink /proc/self/ns/net)"
	check "it sees no process but its own" test "$(value processes | tail -n 1)" -le 7
	check_equal "its output is a pipe even where ours is a file" "$(value out)" "pipe err=pipe"
	check_equal "it has these devices" "$(value dev)" \
		"$(echo core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero | tr ' ' '\n' |
			if [ "$runtime" = runc ]; then grep -vx core; else cat; fi | tr '\n' ' ')"
	check_equal "nothing below /sys and /proc can be created, written or told" \
		"$(in_container "$command" "$runtime" try-mounts 2>&1)" ""
	in_container "$command" "$runtime" try-calls >"$dir/calls" 2>&1
	for call in io_uring_setup userfaultfd add_key mount fsopen open_tree unshare_mount bpf \
		perf_event_open open_by_handle_at init_module kexec_load reboot settimeofday packet_socket raw_socket \
		mknod_disk personality; do
		check "$call is refused" grep -qxE "$call (EPERM|ENOSYS|EACCES)" "$dir/calls"
	done
	for call in chown fork openat2 faccessat2; do
		check "$call works" grep -qx "$call 0" "$dir/calls"
	done
	check_equal "a mode that is changed in /dev" "$(stat -c %a /dev/full)" "$(
		in_container "$command" "$runtime" chmod 600 /dev/full >"$dir/ignored" 2>&1
		stat -c %a /dev/full)"
	check_equal "what is process 1 there is not the host's" "$(in_container "$command" "$runtime" readlink /proc/1/exe)" \
		"$(first_of "$command")"
	[ "$command" != exec ] || by test stop -q web >/dev/null
}
