#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# make bench-image: our writer against mksquashfs, same tree, threads, level and block; runs interleaved,
# medians, ratios (below 1: we are ahead).
#
#	BENCH_TREES="A C D E F"   which trees (B is larger: /usr/lib and /usr/share)
#	BENCH_LEVELS="1 3 9 15"   BENCH_RUNS=3   BENCH_SCALE=100 (percent of the full size)
#	BENCH_FLAGS=--json        one JSON object a line
set -eu
LC_ALL=C
export LC_ALL
builddir=${builddir:-.} srcdir=${srcdir:-.}
tracepack=$builddir/pack/tracepack random=$builddir/tests/image/random-tree
scale=${BENCH_SCALE:-100} runs=${BENCH_RUNS:-3}
json=no
[ "${1:-}" != --json ] || json=yes
work=$(mktemp -d "${TEST_TMPDIR:-/var/tmp}/sfc-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# Prints the directory that holds a tree.
tree() {
	t=$work/$1
	case $1 in
	A) "$srcdir/tests/minbase.sh" python3 && return ;;
	B) mkdir "$t" && cp -a /usr/lib /usr/share "$t" ;;
	C) mkdir "$t" && "$random" "$t" --many $((2000 * scale)) ;;
	D) mkdir "$t" && for i in 1 2 3 4; do head -c $((scale * 500000)) /dev/urandom >"$t/$i"; done ;;
	E) mkdir "$t" && for i in 1 2 3 4 5; do cp -a /usr/lib/gcc "$t/$i" 2>/dev/null || cp -a /usr/bin "$t/$i"; done ;;
	F) mkdir "$t" && find /usr/share /usr/include -type f \( -name '*.h' -o -name '*.txt' -o -name '*.py' -o -name '*.pl' \) \
		-exec cat {} + | head -c $((scale * 3000000)) | split -b 3000000 - "$t/" ;;
	esac
	echo "$t"
}

# measure OUT COMMAND…: adds "wall cpu kilobytes" to OUT
measure() {
	out=$1
	shift
	/usr/bin/time -a -o "$out" -f '%e %U %S %M' "$@" >/dev/null 2>&1
}

# The medians of wall, cpu and memory in a file.
medians() {
	for column in '$1' '$2+$3' '$4'; do
		awk "{ print $column }" "$1" | sort -n | awk '{ v[NR] = $1 } END { printf "%s ", v[int((NR + 1) / 2)] }'
	done
}

report() {
	echo "$1 $2 $3 $4" | awk -v json=$json '{
		wall = $3 / ($6 > 0 ? $6 : 0.01); cpu = $4 / ($7 > 0 ? $7 : 0.01); mem = $5 / $8; size = $9 / $10
		if (json == "yes")
			printf "{\"tree\":\"%s\",\"mode\":\"%s\",\"wall\":%.3f,\"cpu\":%.3f,\"memory\":%.3f,\"size\":%.4f,\"seconds\":%s,\"peer_seconds\":%s,\"kilobytes\":%s}\n", $1, $2, wall, cpu, mem, size, $3, $6, $5
		else
			printf "%-4s %-8s %6.2f %6.2f %6.2f %7.4f %9.2fs %8.2fs %7d KB\n", $1, $2, wall, cpu, mem, size, $3, $6, $5
	}'
}

# compare TREE MODE OUR-OPTIONS -- PEER-OPTIONS
compare() {
	name=$1 mode=$2 peer=$3
	shift 3
	rm -f "$work/own" "$work/peer"
	i=0
	while [ $i -lt "$runs" ]; do
		measure "$work/own" "$tracepack" image "$dir" -q -o "$work/own.sqsh" "$@"
		# shellcheck disable=SC2086 # a list of options
		measure "$work/peer" mksquashfs "$dir" "$work/peer.sqsh" -comp zstd -noappend -no-progress $peer
		i=$((i + 1))
	done
	report "$name $mode" "$(medians "$work/own")" "$(medians "$work/peer")" \
		"$(stat -c %s "$work/own.sqsh") $(stat -c %s "$work/peer.sqsh")"
}

[ $json = yes ] || echo "tree mode       wall    cpu memory    size      ours     peer"
for name in ${BENCH_TREES:-A C D E F}; do
	dir=$(tree "$name")
	find "$dir" -type f -exec cat {} + >/dev/null 2>&1 || : # both find it in memory
	for level in ${BENCH_LEVELS:-1 3 9 15}; do
		compare "$name" "$level" "-Xcompression-level $level" -l "$level" -b 128K
	done
	[ "$name" != A ] || compare A small "-Xcompression-level 15" --small
	case $dir in "$work"/*) rm -rf "$dir" ;; esac
done
