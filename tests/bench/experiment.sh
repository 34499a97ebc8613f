#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# make experiment: real services from dev to prod, and what it saves. One row each; text, or --json.
#
#	experiment.sh [--json] [--many N] [--rounds N] [APP]…
#
# The services are those of tests/apps, each with the first of its features.
#
# files, MB       of the root the service was tested in, and of its package unpacked
# image MB        the package as one file
# start s         a new instance, until it listens; answer s: until the client has its answer; medians
# 1, many MB      memory of one instance, and of each of many (proportional set size: a page shared by
#                 n processes counts 1/n for each)
# same            the client's answer had the same bytes from the full root and the package
# shellcheck disable=SC2016,SC2154,SC2317 # programs in quotes; what an application's file says, and calls
set -u
srcdir=$(cd "${srcdir:-.}" && pwd)
LC_ALL=C
export LC_ALL
PATH=$(cd "${builddir:-.}" && pwd)/stage:$PATH:/usr/sbin:/sbin
[ "$(id -u)" = 0 ] || { echo "experiment: needs root" >&2; exit 77; }

json='' many=50 rounds=5
while [ $# -gt 0 ]; do
	case $1 in
	--json) json=1 ;;
	--many) many=$2; shift ;;
	--rounds) rounds=$2; shift ;;
	*) break ;;
	esac
	shift
done
# shellcheck disable=SC2046 # names of ours
[ $# -gt 0 ] || set -- $(cd "$srcdir/tests/apps" && grep -l '^port=' -- *.app | sed 's/\.app$//')

dir=$(mktemp -d /var/tmp/sfc-experiment.XXXXXX) || exit 1
export SFC_STATE="$dir/state"
end() {
	for record in "$SFC_STATE"/prod/*/app.json; do
		[ ! -e "$record" ] || sfc prod rm "$(basename "${record%/app.json}")" --all --timeout 1 >/dev/null 2>&1
	done
	umount -l "$SFC_STATE/store/ns" "$SFC_STATE/store" 2>/dev/null
	rm -rf --one-file-system "$dir"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

say() { [ -n "$json" ] || printf '%s\n' "$*"; }
problem() { echo "experiment: $*" >&2; }

# read_app APP: what its file says; what asks is a file of its own, since a probe is a shell's.
read_app() {
	packages='' port='' user=root start='' prepare='' features=''
	options() { :; }
	[ -f "$srcdir/tests/apps/$1.app" ] || return 1
	# shellcheck disable=SC1090 # they are in tests/apps
	. "$srcdir/tests/apps/functions" && . "$srcdir/tests/apps/$1.app"
	cat "$srcdir/tests/apps/functions" "$srcdir/tests/apps/$1.app" >"$dir/ask"
	feature=${features%% *}
	[ -n "$port" ]
}

# Its answer on the whole root goes to full; what a probe exits with is no matter, tests/apps asks for errors too.
trace_app() {
	# shellcheck disable=SC2086,SC2046 # a command as a shell has it
	eval "sfc test $app -q --label $feature --network none --user $user $(options "$feature") --ready tcp:$port --timeout 60 \
		--probe '. $dir/ask; ask $feature >$dir/full 2>&1' -- $start" >"$dir/test" 2>&1
	[ -s "$dir/full" ] || { problem "$app: $(tail -n 1 "$dir/test")"; return 1; }
}

clock() { date +%s.%N; }
passed() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f\n", b - a }'; }
count_files() { find "$1" -xdev -type f | wc -l; }
count_bytes() { find "$1" -xdev -type f -printf '%s\n' | awk '{ n += $1 } END { printf "%.0f", n }'; }

# The memory of every process of every instance, in bytes.
memory_of() {
	sfc prod list "$1" --json | jq -r '.[].instances[] | select(.pid) | .pid' | while read -r pid; do
		readlink "/proc/$pid/ns/pid"
	done >"$dir/namespaces"
	for process in /proc/[0-9]*; do
		namespace=$(readlink "$process/ns/pid" 2>/dev/null) || continue
		grep -qxF "$namespace" "$dir/namespaces" || continue
		awk '$1 == "Pss:" { print $2 * 1024 }' "$process/smaps_rollup" 2>/dev/null
	done | awk '{ n += $1 } END { printf "%.0f", n }'
}

ask_packed() {
	pid=$(sfc prod list "$app" --json | jq -r --arg i "$1" '.[].instances[] | select(.name == $i) | .pid')
	nsenter --target "$pid" --net sh -c '. "$1"; ask "$2"' sh "$dir/ask" "$feature" >"$dir/packed" 2>&1
}

# Instances that are new each time; the last one stays. Sets same.
measure_starts() {
	: >"$dir/starts"
	: >"$dir/answers"
	same=yes
	for round in $(seq "$rounds"); do
		[ "$round" = 1 ] || sfc prod rm "$app" 1 --timeout 5 >/dev/null
		begun=$(clock)
		sfc prod start "$app" --network private --ready "tcp:$port" >/dev/null || return 1
		passed "$begun" "$(clock)" >>"$dir/starts"
		ask_packed 1
		passed "$begun" "$(clock)" >>"$dir/answers"
		cmp -s "$dir/full" "$dir/packed" || same=no
	done
}

median() { sort -n "$1" | sed -n "$(((rounds + 1) / 2))p"; }

experiment() {
	app=$1
	read_app "$app" || { problem "no service '$app' in tests/apps"; return 1; }
	source=$("$srcdir/tests/minbase.sh" "$packages") || { problem "$app: no root"; return 1; }
	sfc dev create "$app" --from "$source" >/dev/null || return 1
	[ -z "$prepare" ] || sfc dev exec "$app" -- sh -c "$prepare" >"$dir/prepared" 2>&1 ||
		{ problem "$app: cannot prepare it: $(tail -n 1 "$dir/prepared")"; return 1; }
	trace_app || return 1
	sfc pack "$app" -o "$dir/$app.sfc" --quiet || return 1
	sfc prod install "$dir/$app.sfc" >/dev/null || return 1
	measure_starts || return 1
	one=$(memory_of "$app")
	[ "$many" -le 1 ] || sfc prod start "$app" --count $((many - 1)) --network private --ready "tcp:$port" >/dev/null || return 1
	all=$(memory_of "$app")
	inside=/proc/$(sfc prod list "$app" --json | jq -r '[.[].instances[] | select(.pid) | .pid][0]')/root/
	jq -cn --arg app "$app" --argjson files "$(count_files "$source")" --argjson bytes "$(count_bytes "$source")" \
		--argjson packed_files "$(count_files "$inside")" --argjson packed_bytes "$(count_bytes "$inside")" \
		--argjson image "$(stat -c %s "$dir/$app.sfc")" --argjson start "$(median "$dir/starts")" \
		--argjson answer "$(median "$dir/answers")" --argjson one "$one" --argjson all "$all" \
		--argjson many "$many" --arg same "$same" '{
		app: $app, files: $files, bytes: $bytes, packed_files: $packed_files, packed_bytes: $packed_bytes,
		image_bytes: $image, start_s: $start, answer_s: $answer, memory_one_bytes: $one,
		instances: $many, memory_each_bytes: ($all / $many | floor), same: ($same == "yes")}' >>"$dir/rows"
	sfc prod rm "$app" --all --timeout 1 >/dev/null
	sfc dev rm "$app"
	[ "$same" = yes ] || {
		problem "$app: the package answers something else"
		diff "$dir/full" "$dir/packed" | head -n 8 >&2
		return 1
	}
}

SFC_CLIENTS=$("$srcdir/tests/minbase.sh" "$(cat "$srcdir/tests/apps/clients")") || exit 77
export SFC_CLIENTS
: >"$dir/rows"
failed=0
for app; do
	[ -n "$json" ] || echo "… $app" >&2
	experiment "$app" || failed=1
done
if [ -n "$json" ]; then
	jq -s . "$dir/rows"
else
	{
		echo "service|files||MB||image MB|start s|answer s|1 MB|$many MB each|same"
		jq -r 'def mb: . / 100000 | round | . / 10;
			"\(.app)|\(.files)|\(.packed_files)|\(.bytes | mb)|\(.packed_bytes | mb)|\(.image_bytes | mb)|\(.start_s)|\(
			.answer_s)|\(.memory_one_bytes | mb)|\(.memory_each_bytes | mb)|\(if .same then "yes" else "NO" end)"' "$dir/rows"
	} | column -t -s '|'
fi
exit "$failed"
