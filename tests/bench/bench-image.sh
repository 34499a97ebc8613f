#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# make bench-image: our writer against mksquashfs, same tree, threads, level and block; runs interleaved,
# medians, ratios (below 1: we are ahead). A figure past its bar (issue's table) is named at the end of the line.
#
#	BENCH_TREES="A B C D E F linear peers"	which parts; all of them take about 30 minutes of two idle
#						processors
#		A a minbase with python3		D 100 MB that cannot be compressed
#		B 1.2 GB of /usr/share and /usr/lib	E five copies of A's /usr/lib
#		C 200,000 tiny files			F 300 MB of text
#		linear: 50, 200 and 800 thousand tiny files, only ours
#		peers: ours to each other writer there is, on A and F at levels 1 and 15; no bars
#	BENCH_LEVELS="1 3 9 15 19 small"	instead of those each tree has by default
#	BENCH_RUNS=N		instead of 3 up to level 3, 1 above
#	BENCH_SCALE=100		percent of the full size
#	BENCH_PEER=mksquashfs	another one
#	BENCH_NEWER=mksquashfs	one more for peers
#	BENCH_EROFS=mkfs.erofs	another one for peers, say one that knows zstd, which Debian 12's does not
#	BENCH_FLAGS=--json	one JSON object a line
set -eu
LC_ALL=C
export LC_ALL
builddir=${builddir:-.} srcdir=${srcdir:-.}
tracepack=$builddir/pack/tracepack random=$builddir/tests/image/random-tree
scale=${BENCH_SCALE:-100} peer=${BENCH_PEER:-mksquashfs} erofs=${BENCH_EROFS:-mkfs.erofs} json=no work=
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
		measure "$work/own" "$tracepack" image "$dir" -q -f -o "$work/own.sqsh" --stats=json "$option"
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

# Time and memory per file as files become more; the trees take turns.
linear() {
	for thousand in 50 200 800; do
		mkdir "$work/$thousand"
		"$random" "$work/$thousand" --many $((thousand * 10 * scale))
		rm -f "$work/own.$thousand"
	done
	for _ in $(seq "${BENCH_RUNS:-3}"); do
		for thousand in 50 200 800; do
			measure "$work/own.$thousand" "$tracepack" image "$work/$thousand" -q -f -o "$work/own.sqsh" --level=1
		done
	done
	for thousand in 50 200 800; do
		rm -rf --one-file-system "${work:?}/$thousand"
		echo "$((thousand * 10 * scale)) $(medians "$work/own.$thousand")"
	done | awk -v json=$json '
		NR == 1 { files = $1; kilobytes = $4; first_wall = $2 / $1; first_cpu = $3 / $1 }
		{
			wall = $2 / $1; cpu = $3 / $1; past = ""
			each = NR > 1 ? ($4 - kilobytes) * 1024 / ($1 - files) : 0
			if (wall > 1.1 * first_wall || cpu > 1.1 * first_cpu)
				past = "time > 1.10 "
			if (each > 300)
				past = past "bytes > 300"
			if (json == "yes")
				printf "{\"tree\":\"linear\",\"files\":%d,\"microseconds_each\":%.2f,\"to_first\":%.3f,\"cpu_microseconds_each\":%.2f,\"cpu_to_first\":%.3f,\"kilobytes\":%d,\"bytes_each\":%d,\"past\":\"%s\"}\n", $1, 1e6 * wall, wall / first_wall, 1e6 * cpu, cpu / first_cpu, $4, each, past
			else
				printf "linear %7d files %6.2f us each (%.3f of the first), cpu %6.2f (%.3f) %7d KB, %d bytes each beyond the first  %s\n", $1, 1e6 * wall, wall / first_wall, 1e6 * cpu, cpu / first_cpu, $4, each, past
		}'
}

# Does this mkfs.erofs know zstd?
erofs_has_zstd() {
	mkdir -p "$work/probe" && "$erofs" -zzstd "$work/probe.out" "$work/probe" >/dev/null 2>&1
}

# writers LEVEL: the others that are here, for "by". At levels above 3 mkfs.erofs would take a quarter of an hour.
writers() {
	echo mksquashfs
	[ -z "${BENCH_NEWER:-}" ] || echo mksquashfs-newer
	! command -v gensquashfs >/dev/null || echo gensquashfs
	! command -v zstd >/dev/null || echo tar+zstd
	if command -v "$erofs" >/dev/null && ! erofs_has_zstd; then
		echo erofs-lz4hc
	elif command -v "$erofs" >/dev/null && [ "$1" -le 3 ]; then
		echo erofs-zstd
	fi
}

# by WRITER LEVEL: $dir as $work/WRITER.out, measured into $work/WRITER
by() {
	writer=$1 level=$2 out=$work/$1.out program=$peer
	rm -f "$out"
	set -- measure "$work/$writer"
	[ "$writer" != mksquashfs-newer ] || program=$BENCH_NEWER
	case $writer in
	own) "$@" "$tracepack" image "$dir" -q -f -o "$out" "--level=$level" ;;
	mksquashfs*) "$@" "$program" "$dir" "$out" -comp zstd -noappend -no-progress -Xcompression-level "$level" -b 128K ;;
	gensquashfs) "$@" gensquashfs -q -k -x -j "$(nproc)" -D "$dir" -c zstd -X "level=$level" -b 128K "$out" ;;
	tar+zstd)
		# shellcheck disable=SC2016 # for the shell inside
		"$@" sh -c 'tar -C "$1" -c . | zstd -q -T0 "-$2" -o "$3"' sh "$dir" "$level" "$out"
		;;
	erofs-zstd) "$@" "$erofs" --quiet "-zzstd,level=$level" -C65536 -Efragments,ztailpacking "$out" "$dir" ;;
	erofs-lz4hc) "$@" "$erofs" --quiet -zlz4hc -C65536 -Efragments,ztailpacking "$out" "$dir" ;;
	esac
}

# Ours to each other writer there is: no bars, only to know where one stands.
peers() {
	tree "$1"
	for level in ${BENCH_LEVELS:-1 15}; do
		[ "$level" != small ] || continue
		all="own $(writers "$level")"
		for writer in $all; do
			rm -f "$work/$writer"
		done
		for _ in $(seq "$(runs_of "$level")"); do
			for writer in $all; do
				by "$writer" "$level"
			done
		done
		for writer in ${all#own }; do
			echo "$1 $level $writer $(medians "$work/own") $(medians "$work/$writer") $(stat -c %s "$work/own.out" "$work/$writer.out" | xargs)"
			rm -f "$work/$writer.out"
		done
	done | awk -v json=$json '{
		wall = $4 / ($7 > 0 ? $7 : 0.01); cpu = $5 / ($8 > 0 ? $8 : 0.01); memory = $6 / $9; size = $10 / $11
		if (json == "yes")
			printf "{\"tree\":\"peers %s\",\"mode\":\"%s\",\"writer\":\"%s\",\"wall\":%.3f,\"cpu\":%.3f,\"memory\":%.3f,\"size\":%.4f,\"seconds\":%s,\"peer_seconds\":%s,\"kilobytes\":%s,\"bytes\":%s}\n", $1, $2, $3, wall, cpu, memory, size, $4, $7, $6, $10
		else
			printf "%-6s %-6s %6.3f %6.3f %6.3f %7.4f %8.2fs %8.2fs %7d KB  to %s\n", $1, $2, wall, cpu, memory, size, $4, $7, $6, $3
	}'
	gone
}

[ $json = yes ] || echo "tree   mode     wall    cpu memory    size      ours     peer     memory  waited"
for name in ${BENCH_TREES:-A B C D E F linear peers}; do
	case $name in
	linear) linear ;;
	peers)
		peers A
		peers F
		;;
	*)
		tree "$name"
		for level in ${BENCH_LEVELS:-$(levels_of "$name")}; do
			compare "$name" "$level" "$(bars "$name" "$level")"
		done
		gone
		;;
	esac
done
