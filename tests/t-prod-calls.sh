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
requires strace -f -b execve -o /dev/null -e inject=mkdirat:signal=KILL:when=9 true

killing="clone clone3 fchmod fdatasync flock fork fsconfig fsmount fsopen fsync linkat mkdir mkdirat mount move_mount open_tree openat pipe2 pwrite64 renameat renameat2 rmdir setns umount2 unlink unlinkat unshare wait4"
failing="clone:EAGAIN fdatasync:EIO fsmount:ENOSPC linkat:ENOSPC mkdirat:ENOSPC mkdir:ENOSPC move_mount:ENOMEM openat:EMFILE pipe2:EMFILE pwrite64:ENOSPC pwrite64:EIO unlinkat:EIO"
points=${SFC_TEST_POINTS:-${SFC_TEST_LONG:+12}}
points=${points:-1} # of each call

# in memory: thousands of commits to a disk that others use take their time
mkdir ram
mount -t tmpfs -o mode=700,size=512m sfc ram || skip "no tmpfs"
on_exit umount -l "$dir/ram"
on_exit sh -c 'sfc prod rm --all --grace 0 >/dev/null 2>&1; umount -l "$SFC_STATE/store/ns" "$SFC_STATE/store" 2>/dev/null'
cd ram || exit 99
here=$dir/ram
export SFC_STATE="$here/state" SFC_LOCK_TIMEOUT=20

busybox_package one.sfc app 'trap "exit 0" TERM; echo run >>/data/runs; while :; do sleep 0.1; done'
busybox_package two.sfc two 'while :; do sleep 0.1; done # two'
rm -rf tree.*
# What each trial starts from: an instance that has data, and is down.
sfc prod install one.sfc >/dev/null 2>&1 &&
	sfc prod start app/a >/dev/null &&
	sfc prod exec app/a sh -c 'echo mine >/data/precious' &&
	sfc prod stop app/a &&
	umount -l state/store/ns state/store &&
	rm -f state/store/ns && mv state template || fail "the beginning"

begin_again() {
	umount -l state/store/ns 2>/dev/null
	# who was killed in between may have bound it twice
	while umount -l state/store 2>/dev/null; do :; done
	rm -rf state
	cp -a template state || exit 1
	eval "$1" >/dev/null 2>&1
}

# "CALL N" lines: of each call at most so many, evenly spread over what the busiest process makes of it.
sample() { # CALLS BEFORE COMMAND…
	wanted=$1
	begin_again "$2"
	shift 2
	strace -f -b execve -qq -o calls -e "trace=$(echo $wanted | tr ' ' ,)" "$@" >/dev/null 2>&1 </dev/null
	awk -v points="$points" '
		{ name = $2; sub(/\(.*/, "", name); if (name ~ /^[a-z0-9_]+$/ && ++count[$1, name] > most[name]) most[name] = count[$1, name] }
		END { for (n in most) for (i = 0; i < points && i < most[n]; i++)
			print n, points == 1 ? int((most[n] + 1) / 2) : most[n] <= points ? i + 1 : 1 + int(i * (most[n] - 1) / (points - 1)) }' calls | sort -u
}

fine() { "$@" >after.out 2>after.err </dev/null || echo "$* afterwards: exit $?: $(cat after.err)"; }

no_ended() { ! pgrep -f "sfc prod _ended $SFC_STATE "; }

# Whatever happened: the data are there, and after one rm nothing else is.
leftovers() {
	case $1 in *rm*) ;; *) fine sfc prod start app/a
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

trial() { # HOW BEFORE COMMAND…
	how=$1
	begin_again "$2"
	shift 2
	timeout 60 strace -f -b execve -qq -o /dev/null -e "inject=$how" "$@" >trial.out 2>trial.err </dev/null
	status=$?
	case $how:$status in
	*signal=*:137 | *:0 | *:1) ;;
	*) echo "exit $status: $(cat trial.err)" ;;
	esac
	case $how:$status in
	*error=*:1) [ -s trial.err ] || echo "failed and said nothing" ;;
	esac
}

# run NAME BEFORE AFTER COMMAND…: AFTER is a shell command that says what is wrong, or nothing.
run() {
	name=$1 before=$2 after=$3
	shift 3
	tried=0 bad=
	sample "$killing" "$before" "$@" >samples
	while read -r call number; do
		tried=$((tried + 1))
		wrong=$(trial "$call:signal=KILL:when=$number" "$before" "$@"; eval "$after"; leftovers "$name")
		[ -z "$wrong" ] || { bad=1; echo "killed at $call $number: $wrong"; }
	done <samples
	check "$name: killed at any of $tried calls" test -z "$bad" -a "$tried" -ge 5
	tried=0 bad=
	for pair in $failing; do
		grep "^${pair%:*} " samples >chosen
		while read -r call number; do
			tried=$((tried + 1))
			wrong=$(trial "$call:error=${pair#*:}:when=$number" "$before" "$@"; eval "$after"; leftovers "$name")
			[ -z "$wrong" ] || { bad=1; echo "$call $number fails with ${pair#*:}: $wrong"; }
		done <chosen
	done
	check "$name: any of $tried calls fails" test -z "$bad" -a "$tried" -ge 3
}

run "install" true 'fine sfc prod install two.sfc' sfc prod install "$here/two.sfc"
run "start of one that was stopped" true 'fine sfc prod start app/a' sfc prod start app/a
run "start of new ones" true 'fine sfc prod start app --count 2' sfc prod start app --count 2 --ready true
run "stop" 'sfc prod start app/a' 'fine sfc prod stop app/a' sfc prod stop app/a
run "rm" 'sfc prod start app --count 1' '[ "$(sfc prod ps app -q 2>/dev/null | grep -c /a)" != 1 ] || fine sfc prod rm app/a' sfc prod rm app/a --grace 0
finish
