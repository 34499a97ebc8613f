#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a program can do that a plain user's sfc starts is what root's lets it do, read from inside by the same
# questions, and of the machine it is no more than he is.
# shellcheck disable=SC2317 # by() is called by others
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/stage.sh"
. "$srcdir/tests/user.sh"
. "$srcdir/tests/confinement.sh"
requires crun --version
requires runc --version
requires slirp4netns --version
requires command -v squashfuse_ll
requires python3 --version

own=$home
by() { as_user sfc "$@"; }

confinement_root "$home/root"
squash "$home/root" "$home/plain.sqsh"
mkdir "$home/vol"
chown -R "$user:" "$home"
check "a name of it" by dev create web --from "$home/root" -q
check "a package of it" by slim -q -o "$home/all.sfc" --root "$home/root" --include '/**' --compare none -- true

for pair in run:crun run:runc test:crun exec:crun slim:crun verify:runc dev:crun; do
	confinement_check "${pair%:*}" "${pair#*:}"
done

run() { by run "$@" plain.sqsh -- look >"$dir/facts" 2>"$dir/said" </dev/null || cat "$dir/said"; }
run --privileged
check_equal "--privileged gives what he has inside" "$(value CapBnd)" "$(as_user unshare -Ur sed -n 's/^CapBnd:\t//p' /proc/self/status)"
check_equal "which opens nothing of the machine's" "$(by run --privileged plain.sqsh -- sh -c 'echo 3 >/proc/sys/vm/drop_caches' 2>&1)" \
	"sh: can't create /proc/sys/vm/drop_caches: Permission denied"
run --network none
check "--network none is one of its own" test "$(value net)" != "$(readlink /proc/self/ns/net)"

# Whoever is root inside is the user for those outside.
by run plain.sqsh -- sleep 1000 &
# shellcheck disable=SC2009 # by whose it is
inside() { ps -u "$uid" -o args= | grep -qx 'sleep 1000'; }
check "it runs" wait_for 20 inside
check_equal "root inside is the user" "$(ps -u "$uid" -o uid= -o args= | sed -n 's/^ *\([0-9]*\) sleep 1000$/\1/p')" "$uid"
kill "$(user_first 'sfc run .*')"
wait
by run --user www plain.sqsh -- sleep 1001 &
of_range() { ps -u $((range + 32)) -o args= | grep -qx 'sleep 1001'; }
check "another is one of his range" wait_for 20 of_range
kill "$(user_first 'sfc run .*')"
wait

# the host's loopback is not reached from a private network
free_ports 1
python3 -c 'import socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(60)' "$port" & listener=$!
on_exit kill "$listener"
check "the host listens" wait_for 5 nc -z 127.0.0.1 "$port"
for address in 127.0.0.1 10.0.2.2; do
	by run --network private plain.sqsh -- nc -w 2 "$address" "$port" </dev/null >/dev/null 2>&1
	check "a private network does not reach it by $address" test $? != 0
done
check "the host's network does" by run plain.sqsh -- nc -w 2 127.0.0.1 "$port" -e /bin/true

# what cannot be had without groups that are his is said by name, what nobody asked for is left
check_fails "a limit that was asked for" 125 "sfc: run: --memory cannot be held here: no group with the memory controller is yours" by run -m 64M plain.sqsh -- true
check_fails "another" 125 "sfc: run: --cpus cannot be held here: *" by run --cpus 1 plain.sqsh -- true

nothing_runs() { ! ps -u "$uid" -o stat= | grep -qv '^Z'; }
check "nothing runs on" wait_for 20 nothing_runs
check "nothing is mounted" test -z "$(grep -F " $home" /proc/mounts)"
check_equal "what is compiled is behind his door" "$(stat -c %a "$home/.local/share/sfc" "$home/.local/share/sfc/cache" | tr '\n' ' ')" "700 700 "
finish
