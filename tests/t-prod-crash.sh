#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc prod: commands killed at random moments leave what sfc doctor --repair puts right. SEED repeats a run,
# SFC_TEST_LONG=1 makes it a long one, of ROUNDS [150] or of SFC_LONG_SECONDS [1200].
# shellcheck disable=SC2016,SC2086,SC2094,SC2238,SC2046 # programs in quotes; command lines of ours
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"

rounds=${ROUNDS:-${SFC_TEST_LONG:+150}}
rounds=${rounds:-3}
over=${SFC_TEST_LONG:+$(($(date +%s) + ${SFC_LONG_SECONDS:-1200}))}
seed=${SEED:-$(date +%s)}
echo "SEED=$seed ROUNDS=$rounds"
# random N: sets chance, 0 to N - 1
random() {
	seed=$(((seed * 1103515245 + 12345) & 0x7fffffff))
	chance=$((seed / 65536 % $1))
}

program='trap "exit 0" TERM; echo data >>/data/kept; while :; do sleep 0.1; done #'
busybox_package one.sfc app "$program one"
busybox_package two.sfc app "$program two"
busybox_package other.sfc other "$program other"

# The commands that are killed.
command_of() {
	case $1 in
	0) echo install other.sfc ;;
	1) echo start app --count 2 ;;
	2) echo start app --name "b$round" --env "ROUND=$round" ;;
	3) echo stop app ;;
	4) echo restart app/a ;;
	5) echo rm app/1 app/2 ;;
	6) echo update app two.sfc ;;
	7) echo update app one.sfc ;;
	8) echo rollback app ;;
	9) echo rm other --all ;;
	10) echo doctor ;;
	esac
}

# kill_some WHO: the command alone, all it started that is no instance's, or one of these.
kill_some() {
	case $1 in
	0) kill -9 "$victim" ;;
	1) kill -9 "-$victim" ;;
	2) kill -9 "$(pgrep -g "$victim" | tail -n 1)" ;;
	esac 2>/dev/null
}

# crash: one command, started and killed.
crash() {
	random 11
	line=$(command_of $chance)
	random 60
	moment=$(printf 0.%02d $chance)
	random 3
	case $line in doctor) line="doctor --repair" ;; *) line="prod $line" ;; esac
	echo "round $round: sfc $line; after $moment s kill $chance"
	setsid sfc $line >said 2>&1 </dev/null &
	victim=$!
	sleep "$moment"
	kill_some $chance
	wait $victim 2>/dev/null
	# who was killed may take a moment to end; who was not goes on beside the repair
	[ $chance != 1 ] || wait_for 30 sh -c "! pgrep -r D,R,S,T -g $victim"
}

# in_time COMMAND…: a command that hangs is a failure, not a test that does not end.
in_time() {
	timeout 100 "$@"
}

# repaired: what repair did, which says nothing when there was nothing.
repaired() { in_time sfc doctor --repair 2>&1 | sed '/^ok /,$d'; }

# What repair must leave: mounts of packages and of instances that run, processes that live, whole files.
stale() {
	(cd "$SFC_STATE/store/kept" && sha256sum -- * 2>/dev/null | awk '$1 != $2 { print $2 " is not what it is called" }'
		ls) | sort >kept
	value "SELECT digest FROM package" | sort | diff - kept
	value "SELECT digest, state FROM package WHERE state <> 'ready'"
	value "SELECT app, name, state FROM instance WHERE state <> 'ready'"
	value "PRAGMA integrity_check" | grep -vx ok
	value "PRAGMA foreign_key_check"
	find "$SFC_STATE/app" -mindepth 2 -maxdepth 2 | sed 's|.*/\([^/]*/[^/]*\)$|\1|' | sort >directories
	value "SELECT app || '/' || name FROM instance" | sort | diff - directories
	sfc prod list --json >list
	jq -r '.[].instances[] | select(.state | IN("running", "stopped", "exited", "failed", "lost") | not) | "\(.app)/\(.name) is \(.state)"' list
	for base in $(value "SELECT package FROM app UNION SELECT previous FROM app WHERE previous IS NOT NULL
		UNION SELECT updating FROM app WHERE updating IS NOT NULL UNION SELECT package FROM instance"); do
		grep -qx "$base" kept || echo "$base is used, and not kept"
	done
	# of those that do not run nothing is left
	jq -r '.[].instances[] | select(.state != "running") | "\(.app)-\(.name)-"' list >down
	while read -r instance; do prod_leftovers "$instance"; done <down
}
none_is_stale() { [ -z "$(stale)" ]; }
value() { sqlite3 "$SFC_STATE/state.db" "$1"; }

check "install" sfc prod install one.sfc
check "start" sfc prod start app --name a
check "write" sfc prod exec app/a -- sh -c 'echo mine >/data/precious'
for round in $(seq "$rounds"); do
	crash
	repaired >repaired
	check "round $round: repair" in_time sfc doctor --quiet >said
	sed 's/^/  | /' repaired
	# one that was asked to end by a stop that was killed may end behind the repair, and is taken down by itself
	wait_for 20 none_is_stale
	check_equal "round $round: nothing stale is left" "$(stale)" ""
	if grep -q 'update was interrupted' repaired; then
		random 2
		if [ $chance = 0 ]; then set -- rollback app; else set -- update app two.sfc; fi
		check "round $round: $1" in_time sfc prod "$@"
	fi
	check_equal "round $round: a second repair finds nothing" "$(repaired | grep -v 'update was interrupted')" ""
	check "round $round: start" in_time sh -c '{ sfc prod start app/a && sfc prod start app; } >started'
	check_equal "round $round: all run" "$(sfc prod list app --json | jq -r '[.[].instances[].state] | unique[]')" running
	check_equal "round $round: with what was written" "$(sfc prod exec app/a -- cat /data/precious)" mine
	[ "$failures" = 0 ] || break
	[ -z "$over" ] || [ "$(date +%s)" -lt "$over" ] || break
	sfc prod list app --json | jq -r '.[].instances[].name | select(. != "a") | "app/\(.)"' >more
	[ "$(wc -l <more)" -lt 4 ] || sfc prod rm $(cat more) --grace 1 >/dev/null
done
check "rm" in_time sfc prod rm --all --grace 1
check_equal "nothing is left mounted, no program, no group" "$(prod_leftovers)" ""
check_equal "nothing is left in the store" "$(find "$SFC_STATE/store/kept" "$SFC_STATE/app" -mindepth 1)" ""
finish
