#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a program can do that sfc starts: read from inside, under crun and runc, by every command that starts one.
# shellcheck disable=SC2016,SC2317,SC2010 # names of ours
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/stage.sh"
requires fuse
requires crun --version
requires runc --version
requires slirp4netns --version
requires python3 --version

busybox_root "$dir/root" sh cat ls id env mkdir touch chmod readlink grep sed sort nc sleep tty stat true head tr
cp "$builddir/tests/stage/try-calls" "$dir/root/bin/"
cat >"$dir/root/bin/look" <<-'END'
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
cat >"$dir/root/bin/try-mounts" <<-'END'
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
chmod 755 "$dir/root/bin/look" "$dir/root/bin/try-mounts"
squash "$dir/root" "$dir/plain.sqsh"

# Of all that were asked; they should agree.
value() { sed -n "s/^$1[=:]//p" "$dir/facts" | sort -u; }

# What the commands work on: a name, a package, and where those whose output is captured write it.
mkdir "$dir/vol"
chmod 777 "$dir/root/tmp"
check "a name of it" sfc dev create web --from "$dir/root" -q
check "a package of it" sfc slim -q -o "$dir/all.sfc" --root "$dir/root" --include '/**' --compare none -- true

# in_container COMMAND RUNTIME WORD…: a program under one of sfc's commands; prints what it prints.
in_container() {
	how=$1 which=$2
	shift 2
	case $how in
	run) sfc run --runtime "$which" "$dir/plain.sqsh" -- "$@" ;;
	test) sfc test -q web --runtime "$which" -- "$@" ;;
	exec) sfc test exec web -- "$@" ;;
	dev) sfc dev exec web -- "$@" ;;
	slim | verify)
		rm -f "$dir/vol/said"
		if [ "$1" = look ]; then set -- look /vol/said; else set -- sh -c '"$@" >/vol/said 2>&1' sh "$@"; fi
		if [ "$how" = slim ]; then
			sfc slim -q -f -o "$dir/s.sfc" --level 1 --root "$dir/root" --runtime "$which" --compare none \
				-v "$dir/vol:/vol" -- "$@" >"$dir/ours"
		else
			sfc verify -q --root "$dir/root" --runtime "$which" --compare status -v "$dir/vol:/vol" "$dir/all.sfc" \
				-- "$@" >"$dir/ours"
		fi
		cat "$dir/vol/said"
		;;
	esac
}

# What the first process is there: the program, or where one of ours goes before it, nobody who can be looked into.
first_of() {
	case $1 in run | dev) echo /bin/busybox ;; esac
}

for pair in run:crun run:runc test:crun test:runc exec:crun exec:runc slim:crun slim:runc verify:crun verify:runc dev:crun; do
	command=${pair%:*} runtime=${pair#*:}
	[ "$command" != exec ] || sfc test start web -q --runtime "$runtime" -- sleep 1000 >/dev/null
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
		in_container "$command" "$runtime" chmod 600 /dev/full
		stat -c %a /dev/full)"
	check_equal "what is process 1 there is not the host's" "$(in_container "$command" "$runtime" readlink /proc/1/exe)" \
		"$(first_of "$command")"
	[ "$command" != exec ] || sfc test stop -q web >/dev/null
done

# more, where it is asked for
run() { sfc run "$@" -- look >"$dir/facts" 2>"$dir/said" </dev/null || cat "$dir/said"; }
run --cap-drop ALL "$dir/plain.sqsh"
check_equal "--cap-drop ALL leaves none" "$(value CapBnd)" 0000000000000000
run --cap-drop ALL --cap-add NET_RAW "$dir/plain.sqsh"
check_equal "--cap-add gives one back" "$(value CapEff)" 0000000000002000
run --user www --cap-add NET_BIND_SERVICE "$dir/plain.sqsh"
check_equal "to a user, too" "$(value CapEff) $(value CapAmb)" "0000000000000400 0000000000000400"
run --user www "$dir/plain.sqsh"
check_equal "a user has none else" "$(value CapEff)" 0000000000000000
run --privileged "$dir/plain.sqsh"
check_equal "--privileged gives what we have" "$(value CapBnd)" "$(sed -n 's/^CapBnd:\t//p' /proc/self/status)"
check_equal "and no filter" "$(value Seccomp)" 0
run --seccomp unconfined "$dir/plain.sqsh"
check_equal "--seccomp unconfined has none, either" "$(value Seccomp)" 0
echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":95}]}' >"$dir/profile"
check_equal "a profile of one's own is obeyed" \
	"$(sfc run --seccomp "$dir/profile" "$dir/plain.sqsh" -- mkdir /tmp/x 2>&1)" \
	"mkdir: can't create directory '/tmp/x': Operation not supported"
check_fails "a profile that is none" 125 "sfc: run: */etc/passwd: *" sfc run --seccomp /etc/passwd "$dir/plain.sqsh" -- true
check_fails "a capability that there is not" 125 "sfc: run: *FLY*" sfc run --cap-add FLY "$dir/plain.sqsh" -- true
run --network none "$dir/plain.sqsh"
check "--network none is one of its own" test "$(value net)" != "$(readlink /proc/self/ns/net)"

# a compiled filter goes with its rules, and both are kept behind the door
check "the filter is compiled once" test "$(ls "$SFC_STATE"/cache/seccomp-* | grep -c .)" -ge 1
check_equal "where only root can read it" "$(stat -c %a "$SFC_STATE" "$SFC_STATE/cache" | tr '\n' ' ')" "700 700 "

# a package with a set-id file may gain by it, one without may not
cp -a "$dir/root" "$dir/setid"
cp "$dir/setid/bin/busybox" "$dir/setid/bin/su"
chmod 4755 "$dir/setid/bin/su"
squash "$dir/setid" "$dir/setid.sqsh"
run "$dir/setid.sqsh"
check_equal "no_new_privs is off where the package holds a set-id file" "$(value NoNewPrivs)" 0
check_equal "which works there" "$(sfc run --user www "$dir/setid.sqsh" -- sh -c "stat -c %u /bin/su; ls -l /bin/su | cut -c4")" "$(printf '0\ns')"
run "$dir/setid.sqsh"
check_equal "the second time, too" "$(value NoNewPrivs)" 0

# the host's loopback is not reached from a private network
free_ports 1
python3 -c 'import socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(60)' "$port" & listener=$!
on_exit kill "$listener"
check "the host listens" wait_for 5 nc -z 127.0.0.1 "$port"
for address in 127.0.0.1 10.0.2.2; do
	sfc run --network private "$dir/plain.sqsh" -- nc -w 2 "$address" "$port" </dev/null >/dev/null 2>&1
	check "a private network does not reach it by $address" test $? != 0
done

# in a terminal: one of its own, and no key gets into ours
cat >"$dir/terminal.py" <<-'END'
	import os, pty, sys, select, termios, fcntl, time
	pid, master = pty.fork()
	if pid == 0:
	    os.execvp("sfc", ["sfc"] + sys.argv[1:] + ["--", "sh", "-c",
	        "tty; readlink /proc/self/fd/0; stty -a 2>/dev/null | head -n 1; echo ready; read line; echo got $line; exit 9"])
	fcntl.ioctl(master, termios.TIOCSWINSZ, b"\x21\x00\x4d\x00\0\0\0\0")
	seen, sent = b"", False
	while True:
	    try:
	        part = os.read(master, 4096)
	    except OSError:
	        break
	    if not part:
	        break
	    seen += part
	    if b"ready" in seen and not sent:
	        os.write(master, b"words\r")
	        sent = True
	_, status = os.waitpid(pid, 0)
	print(seen.decode().replace("\r", ""))
	print("status", os.waitstatus_to_exitcode(status))
END
for command in "run $dir/plain.sqsh" "test web -q" "dev exec web"; do
	# shellcheck disable=SC2086 # words
	python3 "$dir/terminal.py" $command >"$dir/terminal"
	check "${command%% *}: a terminal is one of its own" grep -qx /dev/pts/0 "$dir/terminal"
	check "what is typed gets there" grep -qx "got words" "$dir/terminal"
	check "and its status comes back" grep -qx "status 9" "$dir/terminal"
done

check "nothing is left" nothing_is_left_of none
finish
