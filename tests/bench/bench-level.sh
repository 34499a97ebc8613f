#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# make bench-level: what a zstd level costs and gains in packages of real programs, traced once each in a
# root of their own. A line a level and one for all: size, processor seconds and wall as ratios to level
# 15, the medians of interleaved runs. The default level (pack/image/image.h) is chosen by it: the cheapest
# whose size is within a tenth of the smallest one's, on the mean of all.
#
#	BENCH_LEVELS="1 3 6 9 12 15 19 22"
#	BENCH_RUNS=N		instead of 3
#	BENCH_FLAGS=--json	one JSON object a line
set -eu
LC_ALL=C
export LC_ALL
builddir=${builddir:-.} srcdir=${srcdir:-.}
tracefs=$builddir/fs/tracefs tracepack=$builddir/pack/tracepack
levels=${BENCH_LEVELS:-1 3 6 9 12 15 19 22} json=no work=
[ "${1:-}" != --json ] || json=yes

cleanup() {
	[ -z "$work" ] || ! mountpoint -q "$work/mnt" || umount "$work/mnt"
	[ -z "$work" ] || rm -rf --one-file-system "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
work=$(mktemp -d "${TEST_TMPDIR:-/var/tmp}/sfc-bench.XXXXXX")
mkdir "$work/mnt"

# trace NAME PACKAGES COMMAND…: $work/NAME.db, and its root in $work/NAME.root.
trace() {
	traced=$1
	"$srcdir/tests/minbase.sh" "$2" >"$work/$traced.root"
	shift 2
	"$tracefs" -o "manifest=$work/$traced.db,scratch=tmpfs,catalog=no" "$(cat "$work/$traced.root")" "$work/mnt" 2>/dev/null
	chroot "$work/mnt" "$@" >"$work/said" 2>&1 </dev/null || { cat "$work/said" >&2; exit 1; }
	umount "$work/mnt"
	i=0
	while [ "$(sqlite3 -cmd '.timeout 9999' "$work/$traced.db" 'SELECT state FROM session')" != complete ]; do
		i=$((i + 1))
		[ $i -lt 600 ] || { echo "the session of $traced does not end" >&2; exit 1; }
		sleep 0.1
	done
}

# build NAME LEVEL: adds "wall cpu" to $work/NAME.LEVEL, its size is in $work/NAME.LEVEL.size
build() {
	rm -f "$work/out.sfc"
	/usr/bin/time -o "$work/time" -f '%e %U %S' "$tracepack" build "$work/$1.db" -s "$(cat "$work/$1.root")" \
		-o "$work/out.sfc" --package --catalog none --allow-changed --level "$2" -q -- /x 2>"$work/said" || {
		cat "$work/said" >&2
		exit 1
	}
	awk '{ print $1, $2 + $3 }' "$work/time" >>"$work/$1.$2"
	stat -c %s "$work/out.sfc" >"$work/$1.$2.size"
}

# median FILE COLUMN
median() {
	awk -v column="$2" '{ print $column }' "$1" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# lines NAME: "NAME LEVEL SIZE CPU WALL" each
lines() {
	for level in $levels; do
		echo "$1 $level $(cat "$work/$1.$level.size") $(median "$work/$1.$level" 2) $(median "$work/$1.$level" 1)"
	done
}

trace python python3 python3 -c 'import json, ssl, sqlite3, asyncio, http.client, xml.dom.minidom'
trace node lighttpd,nodejs,postgresql-15 node -e 'require("http"); require("crypto"); require("zlib")'
trace postgres lighttpd,nodejs,postgresql-15 sh -c \
	'mkdir /tmp/pg && chown postgres /tmp/pg && exec su postgres -c "/usr/lib/postgresql/15/bin/initdb -D /tmp/pg"'
trace nginx nginx-light nginx -t
for _ in $(seq "${BENCH_RUNS:-3}"); do
	for name in python node postgres nginx; do
		for level in $levels; do
			build $name "$level"
		done
	done
done
for name in python node postgres nginx; do
	lines $name
done | awk -v json=$json '
	function show(name, level, size, cpu, wall, bytes, seconds) {
		if (json == "yes")
			printf "{\"root\":\"%s\",\"level\":%d,\"size\":%.4f,\"cpu\":%.3f,\"wall\":%.3f,\"bytes\":%d,\"cpu_seconds\":%.2f}\n", name, level, size, cpu, wall, bytes, seconds
		else
			printf "%-9s level %2d  size %.3f  cpu %.3f  wall %.3f  %10d bytes %7.2f s\n", name, level, size, cpu, wall, bytes, seconds
	}
	{
		if (!($1 in seen)) { seen[$1] = 1; names[++count] = $1 }
		if (!($2 in order)) { order[$2] = ++steps; level[steps] = $2 }
		bytes[$1, $2] = $3; cpu[$1, $2] = $4; wall[$1, $2] = $5 > 0 ? $5 : 0.01
	}
	END {
		base = (15 in order) ? 15 : level[steps]
		for (n = 1; n <= count; n++)
			for (s = 1; s <= steps; s++) {
				size = bytes[names[n], level[s]] / bytes[names[n], base]
				c = cpu[names[n], level[s]] / cpu[names[n], base]
				w = wall[names[n], level[s]] / wall[names[n], base]
				show(names[n], level[s], size, c, w, bytes[names[n], level[s]], cpu[names[n], level[s]])
				sizes[s] += size; cpus[s] += c; walls[s] += w
				all_bytes[s] += bytes[names[n], level[s]]; all_cpu[s] += cpu[names[n], level[s]]
			}
		for (s = 1; s <= steps; s++)
			show("all", level[s], sizes[s] / count, cpus[s] / count, walls[s] / count, all_bytes[s], all_cpu[s])
	}'
