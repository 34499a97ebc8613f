#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc prod start --on-demand: how long the first connection waits for its answer, beside one to what is up; and what
# sleeping instances cost who holds their ports.
#
#	make bench-demand [BENCH_FLAGS='--rounds 10 --many 1000'], as root
set -u
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"
rounds=10 many=1000
while [ $# -gt 0 ]; do
	case $1 in
	--rounds) rounds=$2 ;;
	--many) many=$2 ;;
	*) echo "bench-demand: unknown option '$1'" >&2; exit 2 ;;
	esac
	shift 2
done
busybox_package web.sfc web '
trap "exit 0" TERM
mkdir -p /data/www
echo one >/data/www/index.html
httpd -h /data/www -p 8080
while :; do sleep 0.02; done'
sfc prod install web.sfc -q >/dev/null 2>&1
free_ports 1
ms() { curl -s -o /dev/null -w '%{time_total}\n' -m 30 "http://127.0.0.1:$1/" | awk '{ printf "%.1f\n", $1 * 1000 }'; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
asleep() { [ "$(sfc prod list web/cold --json | jq -r '.[0].instances[].state')" = sleeping ]; }
sfc prod start web --name cold --on-demand --idle 1 -p "$port:8080" -q >/dev/null
for _ in $(seq "$rounds"); do
	wait_for 20 asleep
	ms "$port" >>cold
	ms "$port" >>warm
done
echo "first answer, asleep: $(median <cold) ms; up: $(median <warm) ms (medians of $rounds)"
sfc prod rm web/cold --grace 0

# by an address and port each
holder() { pgrep -f "prod _hold $SFC_STATE\$"; }
pss() { awk '/^Pss:/ { p = $2 } /^Private_Dirty:/ { d = $2 } END { print p, d }' "/proc/$(holder)/smaps_rollup"; }
nth=0
while [ $nth -lt "$many" ]; do
	nth=$((nth + 1))
	sfc prod start web --name "n$nth" --on-demand -p "127.$((1 + nth / 65536)).$((nth / 256 % 256)).$((nth % 256)):$port:8080" -q >/dev/null || break
	[ $nth != 1 ] || first=$(pss)
done
last=$(pss)
# shellcheck disable=SC2086 # two numbers each
set -- $first $last
echo "who holds the ports of 1: PSS $1 kB, its own $2 kB; of $nth: $3 kB, $4 kB: $(((($4 - $2) * 1024) / (nth - 1))) bytes each"
