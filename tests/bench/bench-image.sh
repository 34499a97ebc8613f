#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# make bench-image: our writer against mksquashfs, same tree, threads, level and block; runs interleaved,
# medians, ratios (below 1: we are ahead). A figure past its bar (issue's table) is named at the end of the line.
#
#	BENCH_TREES="A B C D E F linear peers"	which parts; all of them take about 15 minutes of two idle
#						processors, a fifth of which is mksquashfs on C
#		A a minbase with python3		D 100 MB that cannot be compressed
#		B 1.2 GB of /usr/share and /usr/lib	E five copies of A's /usr/lib
#		C 200,000 tiny files			F 300 MB of text
#		linear: 50, 200 and 800 thousand tiny files, only ours
#		peers: other writers on A
#	BENCH_LEVELS="1 3 9 15 19 small"	instead of those each tree has by default
#	BENCH_RUNS=N		instead of 3 up to level 3, 1 above
#	BENCH_SCALE=100		percent of the full size
#	BENCH_PEER=mksquashfs	another one, say a newer one
#	BENCH_FLAGS=--json	one JSON object a line
set -eu
LC_ALL=C
export LC_ALL
builddir=${builddir:-.} srcdir=${srcdir:-.}
tracepack=$builddir/pack/tracepack random=$builddir/tests/image/random-tree
scale=${BENCH_SCALE:-100} peer=${BENCH_PEER:-mksquashfs} json=no work=
[ "${1:-}" != --json ] || json=yes

cleanup() {
	[ -z "$work" ] || umount "$work"/B/* 2>/dev/null || :
	[ -z "$work" ] || rm -rf --one-file-system "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
work=$(mktemp -d "${TEST_TMPDIR:-/var/tmp}/sfc-bench.XXXXXX")

# The files of a tree one after another, as much of it as asked.
text() {
	find /usr/share /usr/include -type f \( -name '*.h' -o -name '*.txt' -o -name '*.py' -o -name '*.pl' -o -name '*.html' \) \
		-print0 | sort -z | xargs -0 cat | head -c "$1"
}

# Directories of the machine, as many as make 1.2 GB, below one: bind mounts, which cost nothing.
part_of_usr() {
	total=0
	for part in /usr/share /usr/lib/*/; do
		[ $total -lt $((scale * 12000)) ] || break
		total=$((total + $(du -xsk "$part" | cut -f1)))
		mkdir "$1/$(basename "$part")"
		mount --bind "$part" "$1/$(basename "$part")"
	done
}

# Makes a tree: $dir.
tree() {
	dir=$work/$1
	case $1 in
	A) dir=$("$srcdir/tests/minbase.sh" python3-minimal) ;;
	B) mkdir "$dir" && part_of_usr "$dir" ;;
	C) mkdir "$dir" && "$random" "$dir" --many $((2000 * scale)) ;;
	D) mkdir "$dir" && for i in 1 2 3 4; do head -c $((scale * 250000)) /dev/urandom >"$dir/$i"; done ;;
	E) mkdir "$dir" && for i in 1 2 3 4 5; do cp -a "$("$srcdir/tests/minbase.sh" python3-minimal)/usr/lib" "$dir/$i"; done ;;
	F) mkdir "$dir" && while [ "$(du -sm "$dir" | cut -f1)" -lt $((scale * 285 / 100)) ]; do
		text $((scale * 3000000)) | split -a 3 -b 3000000 - "$dir/$(find "$dir" | wc -l)-"
	done ;;
	esac
	find "$dir" -type f -exec cat {} + >/dev/null 2>&1 || : # everybody finds it in memory
}

gone() {
	case $dir in
	"$work/B") umount "$work"/B/* && rm -rf --one-file-system "$dir" ;;
	"$work"/*) rm -rf --one-file-system "$dir" ;;
	esac
}

# measure OUT COMMAND…: adds "wall user system kilobytes" to OUT
measure() {
	times=$1
	shift
	/usr/bin/time -a -o "$times" -f '%e %U %S %M' "$@" >"$work/said" 2>&1 || { cat "$work/said" >&2; exit 1; }
}

# The medians of wall, cpu and memory in a file.
medians() {
	for column in 1 2 3; do
		awk "{ \$2 += \$3; \$3 = \$4; print \$$column }" "$1" | sort -n |
			awk '{ v[NR] = $1 } END { printf "%s ", v[int((NR + 1) / 2)] }'
	done
}

# report TREE MODE BARS: from own, peer and the two images. Bars are "wall cpu memory size", - for none.
report() {
	waited=$(jq -r '.starved_seconds / .seconds' "$work/said.own")
	echo "$1 $2 $3 $(medians "$work/own") $(medians "$work/peer") $(stat -c %s "$work/own.sqsh" "$work/peer.sqsh" | xargs) $waited" |
		awk -v json=$json -v cpus="$(nproc)" '
		function bar(name, value, limit) {
			if (limit != "-" && value > limit + 0)
				past = past (past ? ", " : "") name " > " limit
		}
		{
			wall = $7 / ($10 > 0 ? $10 : 0.01); cpu = $8 / ($11 > 0 ? $11 : 0.01)
			memory = $9 / $12; size = $13 / $14; waited = 100 * $15 / cpus
			bar("wall", wall, $3); bar("cpu", cpu, $4); bar("memory", memory, $5); bar("size", size, $6)
			if (json == "yes")
				printf "{\"tree\":\"%s\",\"mode\":\"%s\",\"wall\":%.3f,\"cpu\":%.3f,\"memory\":%.3f,\"size\":%.4f,\"seconds\":%s,\"peer_seconds\":%s,\"kilobytes\":%s,\"bytes\":%s,\"waited_percent\":%.1f,\"past\":\"%s\"}\n", $1, $2, wall, cpu, memory, size, $7, $10, $9, $13, waited, past
			else
				printf "%-6s %-6s %6.3f %6.3f %6.3f %7.4f %8.2fs %8.2fs %7d KB %5.1f %%  %s\n", $1, $2, wall, cpu, memory, size, $7, $10, $9, waited, past
		}'
}

runs_of() {
	case $1 in
	1 | 3) echo "${BENCH_RUNS:-3}" ;;
	*) echo "${BENCH_RUNS:-1}" ;;
	esac
}

# compare TREE MODE BARS
compare() {
	option=--level=$2 peer_level=$2
	[ "$2" != small ] || { option=--small peer_level=15; }
	rm -f "$work/own" "$work/peer"
	i=$(runs_of "$2")
	while [ "$i" -gt 0 ]; do
		measure "$work/own" "$tracepack" image "$dir" -q -o "$work/own.sqsh" --stats=json "$option"
		mv "$work/said" "$work/said.own"
		measure "$work/peer" "$peer" "$dir" "$work/peer.sqsh" -comp zstd -noappend -no-progress \
			-Xcompression-level "$peer_level" -b 128K
		i=$((i - 1))
	done
	report "$1" "$2" "$3"
}

# What is asked of a tree and a level: wall cpu memory size.
bars() {
	case $1$2 in
	*small) echo "- 1.25 - 0.95" ;;
	C*) echo "0.25 - 0.25 1.005" ;;
	D15) echo "0.10 0.10 0.25 1.005" ;;
	[AE]1 | [AE]3) echo "0.75 - 0.25 1.000" ;;
	[AE]9) echo "0.95 - 0.25 1.000" ;;
	[AE]*) echo "1.00 - 0.25 1.000" ;;
	*1 | *3) echo "0.75 - 0.25 1.005" ;;
	*9) echo "0.95 - 0.25 1.005" ;;
	*) echo "1.00 - 0.25 1.005" ;;
	esac
}

levels_of() {
	case $1 in
	A) echo 1 3 9 15 19 small ;;
	B) echo 1 3 ;;
	C | D) echo 15 ;;
	E) echo 1 15 ;;
	F) echo 1 9 ;;
	esac
}

# Time and memory per file as files become more.
linear() {
	for thousand in 50 200 800; do
		mkdir "$work/many"
		"$random" "$work/many" --many $((thousand * 10 * scale))
		rm -f "$work/own"
		for _ in 1 2 3; do
			measure "$work/own" "$tracepack" image "$work/many" -q -o "$work/own.sqsh" --level=1
		done
		rm -rf "$work/many"
		echo "$((thousand * 10 * scale)) $(medians "$work/own")"
	done | awk -v json=$json '
		NR == 1 { files = $1; kilobytes = $4; first = $2 / $1 }
		{
			each = NR > 1 ? ($4 - kilobytes) * 1024 / ($1 - files) : 0
			if (json == "yes")
				printf "{\"tree\":\"linear\",\"files\":%d,\"microseconds_each\":%.2f,\"to_first\":%.3f,\"kilobytes\":%d,\"bytes_each\":%d}\n", $1, 1e6 * $2 / $1, $2 / $1 / first, $4, each
			else
				printf "linear %7d files %6.2f us each (%.3f of the first) %7d KB, %d bytes each beyond the first  %s%s\n", $1, 1e6 * $2 / $1, $2 / $1 / first, $4, each, ($2 / $1 / first > 1.1 ? "time > 1.10 " : ""), (each > 300 ? "bytes > 300" : "")
		}'
}

# row NAME OUTPUT COMMAND…: another writer
row() {
	name=$1 output=$2
	shift 2
	rm -f "$work/own"
	measure "$work/own" "$@"
	echo "$name $(stat -c %s "$output") $(medians "$work/own")" | awk -v json=$json '
		json == "yes" { printf "{\"tree\":\"peers\",\"writer\":\"%s\",\"bytes\":%d,\"seconds\":%s,\"cpu\":%s,\"kilobytes\":%d}\n", $1, $2, $3, $4, $5 }
		json != "yes" { printf "peers  %-22s %11d bytes %8.2fs %8.2fs cpu %7d KB\n", $1, $2, $3, $4, $5 }'
}

peers() {
	tree A
	out=$work/own.sqsh
	row tracepack-15 "$out" "$tracepack" image "$dir" -q -o "$out" -l 15
	row mksquashfs-15 "$out" "$peer" "$dir" "$out" -comp zstd -noappend -no-progress -Xcompression-level 15 -b 128K
	! command -v gensquashfs >/dev/null ||
		row gensquashfs-15 "$out" gensquashfs -q -f -D "$dir" -c zstd -X level=15 -b 128K "$out"
	row tar-zstd-15 "$out" sh -c "tar -C '$dir' -c . | zstd -q -f -T0 -15 -o '$out'"
	row tracepack-small "$out" "$tracepack" image "$dir" -q -o "$out" --small
	rm -f "$out"
	! command -v mkfs.erofs >/dev/null || row erofs-lz4hc-64K "$out" mkfs.erofs -zlz4hc,12 -C65536 "$out" "$dir"
}

[ $json = yes ] || echo "tree   mode     wall    cpu memory    size      ours     peer     memory  waited"
for name in ${BENCH_TREES:-A B C D E F linear peers}; do
	case $name in
	linear) linear ;;
	peers) peers ;;
	*)
		tree "$name"
		for level in ${BENCH_LEVELS:-$(levels_of "$name")}; do
			compare "$name" "$level" "$(bars "$name" "$level")"
		done
		gone
		;;
	esac
done
