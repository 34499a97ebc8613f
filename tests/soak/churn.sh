#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Instances come and go: SOAK_ROUNDS [100] of ten each that are started, killed, updated, rolled back and stopped, and
# after each round what should be there is, nothing else is, and the state has not grown.
# shellcheck disable=SC2016 # programs in quotes
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"
# shellcheck source=tests/soak/lib.sh
. "$srcdir/tests/soak/lib.sh"

program='trap "exit 0" TERM; echo data >>/data/kept; while :; do sleep 0.2; done #'
busybox_package one.sfc app "$program one"
busybox_package two.sfc app "$program two"
up() { sfc ps --json | jq '[.[].instances[] | select(.state == "running")] | length'; }
is_up() { [ "$(up)" = "$1" ]; }

round() {
	check "install" sfc prod install -q one.sfc
	check "ten are started" sfc prod start -q app --count 10
	check_equal "ten are up" "$(up)" 10
	kill -9 "$(instance_pid app/3)" "$(about app/4 .conmon)"
	check "one whose program was killed, and one that nobody watches any more, are seen" wait_for 20 is_up 8
	check "an update" sfc prod update app two.sfc
	check "and back" sfc prod rollback app
	check_equal "what it wrote is kept" "$(sfc prod exec app/1 -- cat /data/kept | sort -u)" data
	check "stop" sfc prod stop app --grace 2
	check "rm" sfc prod rm --all
	check_equal "nothing is left" "$(prod_leftovers)" ""
}

soak_begin churn "$builddir/stage/sfc"
while [ "$soak_done" -lt "${SOAK_ROUNDS:-100}" ] && soak_has_time; do
	failures=0
	round >said 2>&1
	grep '^FAIL' said | cut -c 1-300
	size=$(du -sk "$SFC_STATE" | cut -f 1)
	[ "${first:=$size}" -ge $((size - 1024)) ] || fail "the state has grown from $first to $size kB"
	soak_did 1 "$failures"
done
soak_end "${SOAK_ROUNDS:-100}" "rounds of ten instances"
