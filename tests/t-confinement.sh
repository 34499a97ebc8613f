#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a program can do that sfc starts: read from inside, under crun and runc, by every command that starts one.
# S6, S18, S19, S20 and S25 are here and in confinement.sh.
# shellcheck disable=SC2016,SC2317,SC2010 # names of ours
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/stage.sh"
. "$srcdir/tests/confinement.sh"
requires fuse
requires crun --version
requires runc --version
requires slirp4netns --version
requires python3 --version

own=$dir
by() { sfc "$@"; }

confinement_root "$dir/root"
squash "$dir/root" "$dir/plain.sqsh"

# What the commands work on: a name, a package, and where those whose output is captured write it.
mkdir "$dir/vol"
check "a name of it" sfc dev create web --from "$dir/root" -q
check "a package of it" sfc slim -q -o "$dir/all.sfc" --root "$dir/root" --include '/**' --compare none -- true

for pair in run:crun run:runc test:crun test:runc exec:crun exec:runc slim:crun slim:runc verify:crun verify:runc dev:crun; do
	confinement_check "${pair%:*}" "${pair#*:}"
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
