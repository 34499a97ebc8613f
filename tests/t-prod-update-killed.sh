#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc prod update and rollback killed, or failed by the kernel, at one system call after the other: the next command
# finds all instances on the one base or the other, or an update that it can undo, and what they wrote. With
# SFC_TEST_LONG at every one of them.
# shellcheck disable=SC2154,SC2086,SC2317,SC2034 # lib.sh's names; words; eval'ed; crash.sh's
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"
# shellcheck source=tests/crash.sh
. "$srcdir/tests/crash.sh"

killing="clone3 execve fdatasync mkdirat openat pwrite64 renameat unlinkat write"
failing="clone3:EAGAIN fdatasync:EIO openat:EMFILE pwrite64:ENOSPC unlinkat:EIO"
points=${SFC_TEST_POINTS:-1} # of each call
least="6 4" follow=

in_memory
on_exit prod_down
on_exit forget_store

program='trap "exit 0" TERM; echo data >>/data/kept; while :; do sleep 0.1; done #'
busybox_package one.sfc app "$program one"
busybox_package two.sfc app "$program two"

one=$(sha256sum <one.sfc | cut -d ' ' -f 1)
two=$(sha256sum <two.sfc | cut -d ' ' -f 1)

# What each trial starts from: one that runs, one that is stopped, both with something written.
sfc prod install one.sfc >/dev/null 2>&1 && sfc prod start app --count 2 >/dev/null && sfc prod stop app >/dev/null ||
	fail "the beginning"
forget_store
mv state template
begin_again() {
	[ ! -d state ] || sfc prod rm --all --grace 0 >/dev/null 2>&1
	forget_store
	rm -rf state && cp -a template state || exit 99
	sfc prod start app/1 >/dev/null || exit 99
	[ -z "$before" ] || $before >/dev/null 2>&1
}

value() { sqlite3 "$SFC_STATE/state.db" "$1"; }

# What is wrong of it afterwards.
afterwards() { # BASE…: that it may stand on
	fine sfc doctor --repair
	updating=$(value "SELECT updating FROM app")
	[ -z "$updating" ] || fine sfc prod rollback app
	[ -z "$(value "SELECT updating FROM app")" ] || echo "still updating"
	base=$(value "SELECT package FROM app")
	case " $* " in *" $base "*) ;; *) echo "stands on $base" ;; esac
	[ "$(value "SELECT DISTINCT package FROM instance")" = "$base" ] || echo "instances on $(value "SELECT name, package FROM instance")"
	[ -z "$(value "SELECT before FROM instance WHERE before IS NOT NULL")" ] || echo "settings kept aside"
	fine sfc prod start app/1
	instance_is app/1 running || echo "app/1 is $(about app/1 .state)"
	instance_is app/2 stopped || echo "app/2 is $(about app/2 .state)"
	case $(sfc prod exec app/1 -- head -n 1 /data/kept 2>&1 </dev/null) in data) ;; *) echo "its data is gone" ;; esac
	[ "$(cat "$SFC_STATE/app/app/2/layer/upper/data/kept")" = data ] || echo "the other's data is gone"
	value "PRAGMA integrity_check" | grep -vx ok
	value "PRAGMA foreign_key_check"
	value "SELECT 'package', digest, state FROM package WHERE state <> 'ready'"
	(cd "$SFC_STATE/store/kept" && ls) | sort >kept
	value "SELECT digest FROM package" | sort | diff - kept
}
leftovers() { prod_leftovers app-2-; }

trial() { # HOW COMMAND… : strace's injection, then the command
	how=$1
	shift
	begin_again
	timeout -k 5 100 strace -qq -e raw=all -o /dev/null -e "inject=$how" "$@" >trial.out 2>trial.err </dev/null
	status=$?
	case $status in 124) echo "it hangs" ;; esac
	case $how in
	*error=*)
		case $status in 0 | 1) ;; *) echo "exit $status: $(cat trial.err)" ;; esac
		[ "$status" = 0 ] || [ -s trial.err ] || echo "failed and said nothing" ;;
	esac
}

before=
run "update" "afterwards $one $two" sfc prod update app "$here/two.sfc"
before="sfc prod update app $here/two.sfc"
run "rollback" "afterwards $one $two" sfc prod rollback app
finish
