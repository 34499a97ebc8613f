#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc prod: commands killed at random moments leave what sfc doctor --repair puts right. SEED repeats a run,
# SFC_TEST_LONG=1 makes it a long one, ROUNDS says how long.
# shellcheck disable=SC2016,SC2086,SC2094,SC2238,SC2046 # programs in quotes; command lines of ours
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"
[ ! -e "$srcdir/scripts/sfc-prod" ] || skip "update, boot and repair are being ported"

rounds=${ROUNDS:-${SFC_TEST_LONG:+150}}
rounds=${rounds:-3}
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
	4) echo restart app a ;;
	5) echo rm app 1 2 ;;
	6) echo update app two.sfc ;;
	7) echo update app one.sfc ;;
	8) echo rollback app ;;
	9) echo rm other --all ;;
	10) echo repair ;;
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
	echo "round $round: sfc prod $line; after $moment s kill $chance"
	setsid sfc prod $line >said 2>&1 </dev/null &
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

# What repair must leave: mounts of packages and of instances that run, processes that live, whole files.
stale() {
	find "$SFC_STATE/packages" "$SFC_STATE/prod" -maxdepth 4 \( -name '.new*' -o -name '.gone*' -o -name '*.new.*' \)
	for file in "$SFC_STATE"/packages/*.json; do
		[ ! -e "$file" ] || [ -f "${file%.json}.sfc" ] || echo "$file is of no package"
	done
	for file in "$SFC_STATE"/packages/*.sfc; do
		[ "$(sha256sum <"$file" | cut -d ' ' -f 1).sfc" = "${file##*/}" ] || echo "$file is not what it is called"
	done
	sfc prod list --json >list
	jq -r '.[].instances[] | select(.state | IN("running", "stopped", "exited", "failed", "lost") | not) | "\(.name) is \(.state)"' list
	jq -r --arg s "$SFC_STATE" '.[] | "\($s)/mounts/\(.package)", (.previous, .updating | values | "\($s)/mounts/\(.)"),
		(.instances[] | "\($s)/mounts/\(.package)", (select(.state == "running") | "\($s)/prod/\(.app)/instances/\(.name)/bundle/rootfs"))' list |
		sort >allowed
	awk -v s="$SFC_STATE/" 'index($5, s) == 1 { print $5 }' /proc/self/mountinfo | sort | comm -23 - allowed
	for file in "$SFC_STATE"/prod/*/instances/*/supervisor "$SFC_STATE"/prod/*/instances/*/pid; do
		[ ! -e "$file" ] || { read -r pid _ <"$file" && kill -0 "$pid" 2>/dev/null; } || echo "$file is of the dead"
	done
}

check "install" sfc prod install one.sfc
check "start" sfc prod start app --name a
check "write" sfc prod exec app a sh -c 'echo mine >/data/precious'
for round in $(seq "$rounds"); do
	crash
	check "round $round: repair" in_time sh -c 'sfc doctor --repair >repaired'
	sed -n '/^ok /,$d; s/^/  | /p' repaired
	check_equal "round $round: nothing stale is left" "$(stale)" ""
	if grep -q 'update was interrupted' repaired; then
		random 2
		if [ $chance = 0 ]; then set -- rollback app; else set -- update app two.sfc; fi
		check "round $round: $1" in_time sfc prod "$@"
	fi
	check_equal "round $round: a second repair finds nothing" "$(in_time sfc prod repair 2>&1)" ""
	check "round $round: start" in_time sh -c '{ sfc prod start app --name a && sfc prod start app; } >started'
	check_equal "round $round: all run" "$(sfc prod list app --json | jq -r '[.[].instances[].state] | unique[]')" running
	check_equal "round $round: with what was written" "$(sfc prod exec app a cat /data/precious)" mine
	[ "$failures" = 0 ] || break
	sfc prod list app --json | jq -r '.[].instances[].name | select(. != "a")' >more
	[ "$(wc -l <more)" -lt 4 ] || sfc prod rm app $(cat more) --timeout 1
done
check "rm" in_time sfc prod rm app --all --timeout 1
[ ! -e "$SFC_STATE/prod/other" ] || check "rm the other" in_time sfc prod rm other --all
check_equal "no program is left" "$(cat /sys/fs/cgroup/pids"$groups"*/cgroup.procs /sys/fs/cgroup"$groups"*/cgroup.procs 2>/dev/null)" ""
check_equal "nothing is left mounted" "$(grep -c "$SFC_STATE" /proc/self/mountinfo)" 0
check_equal "nothing is left in the store" "$(find "$SFC_STATE/packages" "$SFC_STATE/prod" -type f)" ""
finish
