#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# slim, run and test killed, or failed by the kernel, at one system call after the other in any of their processes:
# the next command does what it always does, and nothing of the killed one is left. strace does it from outside;
# with SFC_TEST_LONG at every one of them.
# shellcheck disable=SC2154,SC2086,SC2317,SC2010,SC2015,SC2034 # lib.sh's names; words; eval'ed; names we chose; crash.sh's
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/stage.sh"
requires fuse
. "$srcdir/tests/crash.sh"
requires crun --version
requires sqlite3 --version
requires losetup --version

killing="clone3 execve fsmount mkdirat mount move_mount openat pwrite64 renameat umount2 unlinkat write"
failing="clone3:EAGAIN fsmount:ENOSPC mkdirat:ENOSPC move_mount:ENOMEM openat:EMFILE pwrite64:ENOSPC"
points=${SFC_TEST_POINTS:-1} # of each call
least="8 5" follow=-f

in_memory
on_exit forget_store

busybox_root "$here/root" sh cat sleep
echo one >root/etc/one
sfc dev create web --from "$here/root" >/dev/null && sfc slim -q -o one.sfc --root "$here/root" -- cat /etc/one >/dev/null ||
	fail "the beginning"
mv state template
begin_again() {
	forget_store
	rm -rf state out.sfc && cp -a template state || exit 99
}

# Of us: tracefs, runtimes and sfc itself name something here.
processes() { pgrep -af "$here" | grep -v "^$$ \|pgrep\|strace"; }
none_runs() { [ -z "$(processes)" ]; }
# groups of commands that are gone, whoever they were of
groups() {
	ls -d /sys/fs/cgroup/sfc/*-[0-9]* /sys/fs/cgroup/*/sfc/*-[0-9]* 2>/dev/null | grep -E '/(run|slim|test-web)-[0-9]+$' |
		while read -r group; do [ -d "/proc/${group##*-}" ] || echo "$group"; done
}
no_group() { [ -z "$(groups)" ]; }

leftovers() {
	wait_for 10 none_runs || processes
	sfc doctor --repair >/dev/null 2>repair.err
	[ ! -s repair.err ] || cat repair.err
	wait_for 5 no_group || groups
	grep -F "$here/" /proc/self/mountinfo | grep -vF "$SFC_STATE/store"
	forget_store
	losetup -a | grep -F "$here/"
	ls -A "$SFC_STATE/scratch" 2>/dev/null
	ls -A | grep '^\.out'
	sqlite3 "$SFC_STATE/state.db" ".mode list" "SELECT 'test', * FROM test" "PRAGMA integrity_check" | grep -vx ok
	ls -A "$SFC_STATE/test/web" 2>/dev/null | grep -v '^manifest.db$\|^log$\|^source$\|^root$'
}

trial() { # HOW WHAT… : strace's injection, then the command
	how=$1
	shift
	begin_again
	# raw: it must not look into a program whose memory is a file that a stopped tracefs is to read
	timeout -k 5 60 strace -f -qq -e raw=all -o /dev/null -e "inject=$how" "$@" >trial.out 2>trial.err </dev/null
	case $? in 124) echo "it hangs" ;; esac
}

# says WANTED COMMAND…: it prints this and succeeds.
says() {
	wanted=$1
	shift
	fine "$@"
	[ "$(cat after.out)" = "$wanted" ] || echo "$* afterwards prints $(cat after.out)"
}

run "run" 'says one sfc run one.sfc -- cat /etc/one' \
	sfc run one.sfc -- cat /etc/one
run "test" 'says one sfc test web -q -- cat /etc/one; fine sfc test report web' \
	sfc test web -q -- cat /etc/one
run "test start" 'sfc test stop web >/dev/null 2>&1; says one sfc test web -q -- cat /etc/one' \
	sfc test start web -- sleep 2
run "slim" '[ ! -e out.sfc ] || says one sfc run out.sfc; fine sfc slim -q -f -o out.sfc --root root -- cat /etc/one' \
	sfc slim -q -o out.sfc --root root -- cat /etc/one
finish
