#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc killed, or failed by the kernel, at one system call after the other: the next command finds all as it was
# or as it was to be. strace does it from outside; which calls are hit is sampled evenly, and with SFC_TEST_LONG
# each is.
# shellcheck disable=SC2154,SC2086,SC2010,SC2012,SC2015,SC2016,SC2317,SC2034 # lib.sh's names; words; names we chose; eval'ed; crash.sh's
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
requires root
requires fuse
. "$srcdir/tests/crash.sh"
requires jq --version
requires sqlite3 --version
requires busybox true

killing="clone clone3 execve fchmod fchownat fdatasync flock fsync mkdir mkdirat mount move_mount fsopen fsmount openat pwrite64 renameat2 rmdir syncfs unlink unlinkat unshare vfork"
failing="fdatasync:EIO fsmount:ENOSPC mkdirat:ENOSPC mkdir:ENOSPC move_mount:ENOMEM openat:EMFILE pwrite64:ENOSPC pwrite64:EIO syncfs:EIO unlinkat:EIO"
points=${SFC_TEST_POINTS:-3} # of each call
least="14 8" follow=

in_memory
mkdir -p src/bin src/etc
cp "$(command -v busybox)" src/bin/busybox
for tool in sh cat; do ln -s busybox "src/bin/$tool"; done
echo one >src/etc/one
echo two >src/etc/two
tar -C src -cf src.tar .
mkdir more && echo more >more/more && tar -C more -cf more.tar .

# What each trial starts from.
sfc dev create web --from src.tar >/dev/null &&
	sfc dev exec web sh -c 'echo new >/etc/new' &&
	sfc dev create other --from web >/dev/null &&
	sfc test web -q -- cat /etc/one >/dev/null &&
	mv state template || fail "the beginning"
sfc --state "$here/template" dev _repair

begin_again() {
	rm -rf state out.sfc
	cp -a template state || { ls -la "$here"; exit 1; }
}

# Nothing of a trial may be left once somebody has looked after it.
leftovers() {
	sfc dev _repair >/dev/null 2>repair.err || { cat repair.err; return; }
	sqlite3 "$SFC_STATE/state.db" "SELECT 'dev/' || name FROM dev UNION ALL SELECT 'base/' || name FROM base" | sort >rows
	(cd "$SFC_STATE" && ls -d dev/* base/* 2>/dev/null | sort) | diff rows - | grep '^[<>]'
	sqlite3 "$SFC_STATE/state.db" "SELECT 'not ready', name FROM base WHERE state <> 'ready' UNION ALL
		SELECT 'not ready', name FROM dev WHERE state <> 'ready' UNION ALL
		SELECT 'layer', name FROM dev WHERE layer < 1" ".mode list" "PRAGMA integrity_check" "PRAGMA foreign_key_check" | grep -vx ok
	for at in "$SFC_STATE"/dev/*; do
		[ "$(ls "$at" | grep -c '^[0-9]')" = 1 ] || echo "layers of $at: $(ls "$at" | tr '\n' ' ')"
	done
	grep -F "$SFC_STATE" /proc/self/mountinfo
	ls -A | grep '^\.out'
}

trial() { # HOW WHAT… : strace's injection, then the command
	how=$1
	shift
	begin_again
	strace -qq -o /dev/null -e "inject=$how" "$@" >trial.out 2>trial.err </dev/null
	status=$?
	case $how in
	*signal=*) [ "$status" = 137 ] || echo "was not killed: $status: $(cat trial.err)" ;;
	*error=*)
		case $status in
		0 | 1 | 125) ;;
		*) echo "exit $status: $(cat trial.err)" ;;
		esac
		[ "$status" = 0 ] || [ "$(grep -c . trial.err)" = 1 ] || echo "said: $(cat trial.err)"
		;;
	esac
}

has() { # NAME PATH: in its layer or base
	sfc dev list --json | jq -r --arg name "$1" '. as $all | .names[] | select(.name == $name) | .layer,
		(.base | while(. != null; . as $b | $all.bases[] | select(.id == $b).parent) as $b | $all.bases[] | select(.id == $b).tree)' |
		while read -r tree; do [ ! -e "$tree/$2" ] || echo yes; done | grep -q yes || echo "$1 lacks $2"
}
there() { sfc dev list --json | jq -e --arg name "$1" '[.names[].name, .bases[].id] | index($name)' >/dev/null; }

run "dev create from an archive" 'there new || fine sfc dev create new --from more.tar; has new more; has web etc/new' \
	sfc dev create new --from "$here/more.tar"
run "dev create from a name" 'there new || fine sfc dev create new --from web; has new etc/new; has web etc/new' \
	sfc dev create new --from web
run "dev commit" 'has web etc/new; has web etc/one; there v1 || fine sfc dev commit web v1; has web etc/new; there v1 || echo no v1' \
	sfc dev commit web v1
run "dev reset" 'has web etc/one; fine sfc dev reset web; [ "$(sfc dev diff web)" = "" ] || echo "not reset"; has other etc/new' \
	sfc dev reset web
run "dev rm" '! there other || fine sfc dev rm other; ! there other || echo "still there"; has web etc/new' \
	sfc dev rm other
run "dev exec" 'has web etc/new; fine sfc dev exec web cat /etc/new; fine sfc dev reset web' \
	sfc dev exec web -- cat /etc/one
run "pack" '[ ! -e out.sfc ] || fine tracepack ls out.sfc; fine sfc pack web -o out.sfc --force -q; has web etc/new' \
	sfc pack web -o "$here/out.sfc" -q
finish
