#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a guard costs: make bench-guard, as root. Instances of one package, without a guard and with one,
# do the same in turns; each figure is the median of its rounds, and the ratio is to the instance
# without.
#
#	bench-guard.sh [--json] [--rounds N]
#
# start       sfc prod start of a new instance until it listens
# answer      one request to nginx
# python      python3 from its start through its imports to its end, in an instance that is new; and again
# vain        looking up a name that is nowhere, for the first time; and again
# list        listing a directory of the package
# memory      of the guard
# shellcheck source=tests/lib.sh disable=SC2016,SC2046,SC2086 # programs in quotes; words of ours
. "${srcdir:-.}/tests/lib.sh"
requires root
requires fuse
requires jq --version
requires python3 --version
requires unshare --net true

json='' rounds=7
while [ $# -gt 0 ]; do
	case $1 in
	--json) json=1 ;;
	--rounds) rounds=$2; shift ;;
	*) echo "bench-guard: unknown argument '$1'" >&2; exit 2 ;;
	esac
	shift
done

guards="none report heal"
export SFC_STATE="$dir/state"
down() { sfc prod rm bench --all --timeout 1 >/dev/null 2>&1; }
on_exit down

# What is run in an instance, and traced before: lines of "what nanoseconds".
cat >work.py <<'END'
import sys, time
begun = time.perf_counter_ns()
import argparse, asyncio, decimal, email.message, http.client, json, os, sqlite3, unittest, xml.dom
if sys.argv[1] == "imports":
    sys.exit()

def vain(mark):
    begun = time.perf_counter_ns()
    for i in range(4000):
        try:
            os.stat("/etc/nothing-%s-%d" % (sys.argv[1], i))
        except FileNotFoundError:
            pass
    print(mark, (time.perf_counter_ns() - begun) // 4000)

vain("vain")
vain("vain_again")
begun = time.perf_counter_ns()
for i in range(200):
    os.listdir("/usr/lib/python3.11")
print("list", (time.perf_counter_ns() - begun) // 200)
END

# The client: many requests over one connection.
cat >client.py <<'END'
import http.client, time
connection = http.client.HTTPConnection("127.0.0.1", 80)
begun = time.perf_counter_ns()
for i in range(2000):
    connection.request("GET", "/")
    connection.getresponse().read()
print("answer", (time.perf_counter_ns() - begun) // 2000)
END

quietly() { "$@" >said 2>&1 || { cat said >&2; echo "bench-guard: failed: $*" >&2; exit 1; }; }

root=$("$srcdir/tests/minbase.sh" nginx-light,python3) || skip "no minbase root"
quietly sfc dev create bench --from "$root"
cp work.py "$SFC_STATE/work.py"
quietly sfc dev exec bench sh -c "cat >/srv/work.py" <work.py
quietly sfc test bench -q --label work -- python3 /srv/work.py 0
quietly sfc test bench -q --label nginx --network none --ready tcp:80 --probe "python3 $dir/client.py" -- nginx -g 'daemon off;'
quietly sfc pack bench -o bench.sfc --quiet
quietly sfc prod install bench.sfc

clock() { date +%s%N; }

# start GUARD: the instance of this name; says how long it took.
start() {
	set -- "$1" "$(clock)"
	quietly sfc prod start bench --name "$1" --network private --ready tcp:80 $([ "$1" = none ] || echo "--guard $1")
	echo "start $(($(clock) - $2))"
}

work() {
	inside=$SFC_STATE/prod/bench/instances/$1/bundle/rootfs
	for what in python python_again; do
		begun=$(clock)
		chroot "$inside" /usr/bin/python3 /srv/work.py imports
		echo "$what $(($(clock) - begun))"
	done
	chroot "$inside" /usr/bin/python3 /srv/work.py "$2"
	nsenter --net --target "$(sfc prod list bench --json | jq -r --arg i "$1" '.[0].instances[] | select(.name == $i).pid')" \
		python3 client.py
}

: >results
for round in $(seq "$rounds"); do
	for guard in $guards; do
		start $guard | sed "s/^/$guard /" >>results
	done
	for guard in $guards; do
		work $guard "$round" | sed "s/^/$guard /" >>results
	done
	[ "$round" = "$rounds" ] || for guard in $guards; do quietly sfc prod rm bench $guard --timeout 5; done
done
for guard in report heal; do
	pid=$(pgrep -f "tracefs .*$SFC_STATE/prod/bench/instances/$guard/guard/mount" | head -n 1)
	awk -v guard=$guard '$1 == "Pss:" { print guard, "memory", $2 * 1024 }' "/proc/$pid/smaps_rollup"
done >>results

jq -Rn --argjson rounds "$rounds" '
	def median: sort | .[length / 2 | floor];
	[inputs | split(" ") | {guard: .[0], what: .[1], value: (.[2] | tonumber)}]
	| group_by([.what, .guard]) | map({what: .[0].what, guard: .[0].guard, value: (map(.value) | median)})
	| . as $all | map(. as $row | .ratio = (([$all[] | select(.what == $row.what and .guard == "none").value][0]) as $bare
		| if $bare then ($row.value / $bare * 100 | round / 100) else null end))
	| {rounds: $rounds, results: map(if .what == "memory" then {what, guard, bytes: .value}
		else {what, guard, ns: .value, ratio} end)}' results >summary
if [ -n "$json" ]; then
	cat summary
	exit
fi
{
	echo "|none|report||heal|"
	jq -r '.results as $all | ("start", "answer", "python", "python_again", "vain", "vain_again", "list") as $what
		| [$all[] | select(.what == $what)] | map({key: .guard, value: .}) | from_entries
		| [$what, (.none.ns, .report.ns, .heal.ns | . / 1000 | if . >= 100 then round else . * 10 | round / 10 end | "\(.) us")]
			+ ["\(.report.ratio)x", "\(.heal.ratio)x"] | [.[0], .[1], .[2], .[4], .[3], .[5]] | join("|")' summary
	jq -r '.results | map(select(.what == "memory") | {key: .guard, value: .bytes}) | from_entries
		| "memory||\(.report / 1048576 * 10 | round / 10) MiB||\(.heal / 1048576 * 10 | round / 10) MiB|"' summary
} | column -t -s '|'
