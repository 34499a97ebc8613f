#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc prod install, start, stop and rm killed, or failed by the kernel, at one system call after the other, in each
# of their processes: the next command finds all as it was or as it was to be, and nothing is left over. strace
# does it from outside. SFC_TEST_LONG=1 tries many calls more.
# shellcheck disable=SC2154,SC2086,SC2012,SC2015,SC2317 # lib.sh's names; words; names we chose; eval'ed
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"
[ -z "${SFC_TEST_LONG:-}" ] || SFC_TEST_POINTS=${SFC_TEST_POINTS:-12}
# shellcheck source=tests/crash.sh
. "$srcdir/tests/crash.sh"
requires strace -f -b execve -o /dev/null -e inject=mkdirat:signal=KILL:when=9 true

killing="clone clone3 fchmod fdatasync flock fork fsconfig fsmount fsopen fsync linkat mkdir mkdirat mount move_mount open_tree openat pipe2 pwrite64 renameat renameat2 rmdir setns umount2 unlink unlinkat unshare wait4"
failing="clone:EAGAIN fdatasync:EIO fsmount:ENOSPC linkat:ENOSPC mkdirat:ENOSPC mkdir:ENOSPC move_mount:ENOMEM openat:EMFILE pipe2:EMFILE pwrite64:ENOSPC pwrite64:EIO unlinkat:EIO"
points=${SFC_TEST_POINTS:-1} # of each call
least="5 3" follow="-f -b execve"

in_memory
on_exit forget_store
on_exit prod_down

busybox_package one.sfc app 'trap "exit 0" TERM; echo run >>/data/runs; while :; do sleep 0.1; done'
busybox_package two.sfc two 'while :; do sleep 0.1; done # two'
rm -rf tree.*
# What each trial starts from: an instance that has data, and is down.
sfc prod install one.sfc >/dev/null 2>&1 &&
	sfc prod start app/a >/dev/null &&
	sfc prod exec app/a sh -c 'echo mine >/data/precious' &&
	sfc prod stop app/a &&
	forget_store &&
	mv state template || fail "the beginning"

begin_again() {
	forget_store
	rm -rf state
	cp -a template state || exit 1
	$before >/dev/null 2>&1
}

no_ended() { ! pgrep -f "sfc prod _ended $SFC_STATE "; }

# Whatever happened: the data are there, and after one rm nothing else is.
leftovers() {
	case $name in *rm*) ;; *) fine sfc prod start app/a
		[ "$(sfc prod exec app/a cat /data/precious 2>&1 </dev/null)" = mine ] || echo "the data are lost" ;;
	esac
	sfc prod ps --json >/dev/null 2>&1
	sqlite3 "$SFC_STATE/state.db" "PRAGMA integrity_check" "PRAGMA foreign_key_check" | grep -vx ok
	fine sfc prod rm --all --grace 0
	prod_leftovers
	ls -A "$SFC_STATE/app" "$SFC_STATE/store/kept" 2>/dev/null | grep -v ':$' | grep .
	sqlite3 "$SFC_STATE/state.db" "SELECT 'row', name FROM app UNION ALL SELECT 'row', app FROM instance UNION ALL SELECT 'row', digest FROM package"
	# who is told of an end sees that it was told to others, and goes
	wait_for 10 no_ended || pgrep -af 'sfc prod _ended'
}

trial() { # HOW COMMAND…
	how=$1
	shift
	begin_again
	timeout 60 $tracer -f -b execve -qq -o /dev/null -e "inject=$how" "$@" >trial.out 2>trial.err </dev/null
	status=$?
	case $how:$status in
	*signal=*:137 | *:0 | *:1) ;;
	*) echo "exit $status: $(cat trial.err)" ;;
	esac
	case $how:$status in
	*error=*:1) [ -s trial.err ] || echo "failed and said nothing" ;;
	esac
}

before=true
run "install" 'fine sfc prod install two.sfc' sfc prod install "$here/two.sfc"
run "start of one that was stopped" 'fine sfc prod start app/a' sfc prod start app/a
run "start of new ones" 'fine sfc prod start app --count 2' sfc prod start app --count 2 --ready true
before="sfc prod start app/a"
run "stop" 'fine sfc prod stop app/a' sfc prod stop app/a
before="sfc prod start app --count 1"
run "rm" '[ "$(sfc prod ps app -q 2>/dev/null | grep -c /a)" != 1 ] || fine sfc prod rm app/a' sfc prod rm app/a --grace 0

[ -z "${prod_by_user:-}" ] || finish # what follows is of no process that is his alone
# who watches goes on when the start is killed, and makes what nobody waits for
mkdir slow
cat >slow/conmon <<-END
	#!/bin/sh
	: >"$here/coming"
	until [ -e "$here/go" ]; do sleep 0.05; done
	exec "$(command -v conmon)" "\$@"
END
chmod 755 slow/conmon
name="late" before=true
begin_again
PATH=$here/slow:$PATH sfc prod start app/a >killed.out 2>&1 &
victim=$!
check "who is to watch is only coming up" wait_for 30 test -e coming
kill -9 $victim
wait $victim 2>/dev/null
{ sleep 1; : >go; } &
check_equal "the next start ends what it makes" "$(fine sfc prod start app/a; leftovers)" ""
wait
finish
