#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Another user of the machine: what he finds of root's sfc, where he lies in wait for it, and what a number of his
# that was somebody else's before gets of it.
# shellcheck disable=SC2016,SC2086,SC2317 # programs in quotes; words; called by check
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/threats/lib.sh"
requires crun --version
requires conmon --version
requires gcc --version
requires python3 --version
requires sqlite3 --version
on_exit sh -c 'sfc prod rm --all --grace 0 >/dev/null 2>&1'
# stranger COMMAND…: it fails for him
shut() { ! as_stranger "$@" >/dev/null 2>&1; }

printf '#include <stdio.h>\n#include <unistd.h>\nint main(void) { printf("%%d\\n", (int)geteuid()); return 0; }\n' >setuid.c
gcc -static -o setuid setuid.c 2>/dev/null || skip "needs a static libc to link with"

# --- one that runs, by a user of his number
tree_new
cp setuid "$tree/rootfs/data/setuid"
chmod 4755 "$tree/rootfs/data/setuid"
config '.process.args = ["/bin/sleep", "1000"] | .process.user = {uid: $u, gid: $u}' --argjson u "$stranger"
package_new app.sfc
sfc prod install app.sfc --name app >/dev/null 2>&1
echo "SECRET=hunter-$$" >secrets
check "it starts" sfc prod start app --name 1 --env-file secrets
pid=$(sfc prod inspect app/1 --json | jq '.[0].pid')
conmon=$(sfc prod inspect app/1 --json | jq '.[0].conmon')
check_equal "it has its secret" "$(sfc prod exec app/1 -- /bin/sh -c 'echo $SECRET')" "hunter-$$"
echo "hunter-$$" >sought
check "S10: a secret of --env-file is in no list of arguments" sh -c '! cat /proc/[0-9]*/cmdline 2>/dev/null | grep -qaF -f sought'
check_equal "S10: nor in a file that others may read" "$(grep -rlF -f sought "$SFC_STATE" 2>/dev/null |
	xargs -r stat -c %a | sort -u)" 600
check "S7: who has its number sees its root, as that of any program of his" as_stranger ls "/proc/$pid/root/data"
check_equal "S7: but set-id counts for nothing there" "$(as_stranger "/proc/$pid/root/data/setuid")" "$stranger"
for space in mnt pid net; do
	check "he does not enter its $space namespace" shut nsenter "--$space=/proc/$pid/ns/$space" true
done
for file in root fd environ cwd ns/mnt; do
	check "of who keeps it up he sees no $file" shut ls -L "/proc/$conmon/$file/"
done
check "nor enters where that is" shut nsenter "--mount=/proc/$conmon/ns/mnt" true
check "nor signals it" shut kill -0 "$conmon"
group=$(sfc prod inspect app/1 --json | jq -r '.[0].cgroup')
for tree in "/sys/fs/cgroup$group" "/sys/fs/cgroup/pids$group" "/sys/fs/cgroup/memory$group"; do
	[ ! -d "$tree" ] || check "he puts nobody into its group in ${tree%%/sfc*}" shut sh -c 'echo $$ >"$1/cgroup.procs"' sh "$tree"
done

# --- sockets: conmon's, the guard's, those of a network
sockets() { find "/proc/$1/root/run/sfc/" -type s 2>/dev/null; }
check "conmon has one" test -n "$(sockets "$conmon")"
cat >connect.py <<'END'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET if sys.argv[1] == "1" else socket.SOCK_STREAM)
s.connect(sys.argv[2])
END
for socket in $(sockets "$conmon") /run/tracefs/* /run/sfc/*; do
	[ -S "$socket" ] || continue
	for kind in 0 1; do check "he does not connect to ${socket##*/}" shut python3 connect.py $kind "$socket"; done
done
check_equal "none of ours has a name that every network shares" "$(grep -aE '@.*(sfc|conmon|crun|slirp|tracefs)' /proc/net/unix)" ""
check_equal "the places of sockets are shut" "$(for place in /run/sfc /run/tracefs; do [ ! -d $place ] || stat -c %a $place; done | sort -u)" 700

# who made a directory that is called as one of root's, and answers there, is not asked
cat >liar.py <<'END'
import os, socket
os.mkdir("/tmp/tracefs-0", 0o755)
s = socket.socket(socket.AF_UNIX)
s.bind("/tmp/tracefs-0/0:99999")
os.chmod("/tmp/tracefs-0/0:99999", 0o777)
s.listen(1)
open("/tmp/ready", "w").close()
c, _ = s.accept()
c.sendall(b"+all is well")
END
chmod 644 liar.py
# a build below /tmp is not seen any more there, but is open
cat >liar.sh <<'END'
exec 3<"$(command -v tracefs)"
mount -t tmpfs -o mode=1777 tmpfs /tmp
setpriv --reuid 65534 --regid 65534 --clear-groups timeout 20 python3 - <"$1" &
liar=$!
until [ -e /tmp/ready ]; do kill -0 $liar || exit 99; done
/proc/self/fd/3 --status 0:99999
status=$?
kill $liar
exit $status
END
check_fails "what answers for tracefs is its owner's" 1 "tracefs: 0:99999 is not a mount that a tracefs of yours serves" \
	unshare --mount --propagation private sh liar.sh "$dir/liar.py"

# --- whoever made something where ours writes
echo precious >precious
mkdir -m 1777 shared
for name in out out.new .out .out.new out.tmp out~; do as_stranger ln -s "$dir/precious" "shared/$name"; done
if [ -c /dev/fuse ]; then
	root=$dir/tree/rootfs
	tree_new
	for command in "slim -q --root $root -o shared/out -- /bin/true" "slim -q -f --root $root -o shared/out -- /bin/true" \
		"slim -q -f --root $root --keep-manifest shared/out -o x.sfc -- /bin/true" \
		"export -f app.sfc --to tar -o shared/out" "export app.sfc --to bundle -o shared/out"; do
		rm -f shared/out
		as_stranger ln -s "$dir/precious" shared/out
		sfc $command >/dev/null 2>&1
		check_equal "S12: nothing is written through a link of his: ${command%% *} ${command##*-o }" \
			"$(cat precious) $(find shared -name '.out.*' ! -name .out.new)" "precious "
	done
	# what is made for a while has no name that he could have foreseen
	strace -f -qq -e trace=openat,creat,mkdir,mkdirat,mknodat,symlinkat -o calls \
		sfc slim -q --root "$root" --keep-manifest shared/kept -o shared/new -- /bin/true >said 2>&1 || cat said
	check "it was made" test -s shared/new -a -s shared/kept
	check_equal "S12: each file there is new, or has a name that nobody could know" \
		"$(grep -E "\"($dir/)?shared|\"/tmp/|\"/var/tmp/[^\"]*\"" calls | grep -F O_CREAT | grep -vF -e O_EXCL -e O_TMPFILE -e "$SFC_STATE" |
			grep -vE '[.][0-9a-f]{12}(-journal)?", [^)]*O_NOFOLLOW')" ""
	umask 0
	SFC_STATE=$dir/open sfc dev create u --from "$root" -q >/dev/null
	SFC_STATE=$dir/open sfc test u -q -- /bin/true >/dev/null
	SFC_STATE=$dir/open sfc pack u -q -o masked.sfc >/dev/null
	umask 022
	check_equal "whatever the umask is, others write nothing of ours" \
		"$(find open masked.sfc -perm /022 ! -type l ! -path '*/base/*/*' ! -path '*/dev/*/*/*')" ""
	check_equal "and the state is shut" "$(stat -c %a open)" 700
fi
mkdir exported
for kind in bundle lxc; do
	check "an export to $kind" tracepack export -q app.sfc --to $kind -o exported/$kind
	check_equal "set-id files of it are not for who is not root" "$(as_stranger "$dir/exported/$kind/rootfs/data/setuid" 2>/dev/null)" ""
done

# --- a number that was another's: nobody is killed, waited for or believed by it alone
sleep 1000 & victim=$!
on_exit kill $victim
sqlite3 "$SFC_STATE/state.db" "UPDATE run SET pid = $victim, conmon = $victim, network = $victim, network_started = 1,
	waiter = $victim, waiter_started = 1"
check_equal "one that has its number is not it" "$(sfc prod inspect app/1 --json | jq '.[0].pid')" null
sfc prod stop app/1 --grace 0 >/dev/null 2>&1
sfc doctor --repair >/dev/null 2>&1
check "stop and repair end nobody who has its number now" kill -0 $victim
check "and what it was has ended" wait_for 10 sh -c '! kill -0 "$0" 2>/dev/null' "$pid"
sqlite3 "$SFC_STATE/state.db" "INSERT OR REPLACE INTO claim (object, pid, pid_started, pidns, boot, since_ns)
	SELECT 'instance/app/1', $victim, 5, pidns, boot, begun_ns FROM run LIMIT 1"
check "a claim by such a number holds nobody up" timeout 20 sfc prod start app/1 -q
sfc prod rm --all --grace 0 >/dev/null 2>&1
check "nothing is left" nothing_is_left
finish
