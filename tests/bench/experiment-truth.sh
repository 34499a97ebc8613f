#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# make experiment-truth: how often a feature that no run exercised fails in a package, margin by margin.
#
#	experiment-truth.sh [--json] [APP]…
#
# Each feature of each application of tests/apps is traced with a label of its own. Then each label is left
# out in turn, the rest is packed at each margin, and the feature that was left out is asked of the package.
# It passes when it prints what it printed on the whole root. One row an application and margin:
#
# MB       of files in the package, all labels but one; the mean
# failed   features that fail when they are left out, of how many
# said     the chance of that, as tracepack stat --margins has it, and its interval
# fails    which those are
#
# and below, over all: what of the features that fail with none passes with the margin, its bytes as multiples of
# those with none, and in how many applications the interval held what was seen.
#
# A package whose paths are those of the narrower margin is not asked again.
# shellcheck disable=SC2154 # what an application's file says
set -u
srcdir=$(cd "${srcdir:-.}" && pwd)
builddir=$(cd "${builddir:-.}" && pwd)
LC_ALL=C
export LC_ALL
PATH=$builddir/stage:$builddir/pack:$PATH:/usr/sbin:/sbin
[ "$(id -u)" = 0 ] || { echo "experiment-truth: needs root" >&2; exit 77; }
json=
[ "${1:-}" != --json ] || { json=1 && shift; }
[ $# -gt 0 ] || set -- $(cd "$srcdir/tests/apps" && ls -- *.app | sed 's/\.app$//')

dir=$(mktemp -d /var/tmp/sfc-experiment.XXXXXX) || exit 1
end() {
	awk -v d="$dir/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
		while IFS= read -r left; do umount -l "$left"; done
	rm -rf --one-file-system "$dir"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
problem() { echo "experiment-truth: $*" >&2; }

# read_app APP: what its file says; the functions of the one before are gone.
read_app() {
	packages='' port='' user=root start='' prepare='' features=''
	unset -f ask command
	# shellcheck disable=SC1090 # it is in tests/apps
	. "$srcdir/tests/apps/$1.app"
}

# trace FEATURE: run it under trace; its words go to full.FEATURE, and it must say the same twice.
trace() {
	if [ -n "$port" ]; then
		# shellcheck disable=SC2086 # a command as a shell has it
		eval "sfc test $app -q --label $1 --network none --user $user --ready tcp:$port \
			--probe '. $dir/ask; ask $1 >$dir/full.$1 2>&1' -- $start" >"$dir/test.out" 2>&1
	else
			label=$1
		run() { sfc test "$app" -q --label "$label" --network none -- "$@" >"$dir/full.$label" 2>"$dir/test.out"; echo "$?" >>"$dir/full.$label"; }
		command "$1"
	fi
}

# What asks is a file of its own, since a probe is a shell's.
write_ask() {
	{
		cat "$srcdir/tests/apps/$app.app"
		# shellcheck disable=SC2016 # that shell's
		echo 'SFC_ROOT=${SFC_ROOT:-/}'
	} >"$dir/ask"
}

# asked PACKAGE FEATURE: the same of the package, into got.FEATURE.
asked() {
	if [ -n "$port" ]; then
		unshare -n sh -c 'ip link set lo up
			sfc run "$1" --network host >"$2/run.out" 2>&1 &
			pid=$!
			for i in $(seq 100); do
				nc -z 127.0.0.1 "$3" 2>/dev/null && break
				kill -0 "$pid" 2>/dev/null || break
				sleep 0.1
			done
			SFC_ROOT="$5"; export SFC_ROOT
			. "$2/ask"
			ask "$4" >"$2/got.$4" 2>&1
			kill -TERM "$pid" 2>/dev/null
			wait "$pid"' sh "$1" "$dir" "$port" "$2" "$source" </dev/null
	else
		package=$1 label=$2
		run() { sfc run "$package" --network none -- "$@" >"$dir/got.$label" 2>"$dir/run.out"; echo "$?" >>"$dir/got.$label"; }
		command "$2"
	fi
	[ "$(cat "$dir/got.$2")" = "$(cat "$dir/full.$2")" ]
}

# leave_out FEATURE: at each margin; a line each: app, margin, feature, bytes, passes.
leave_out() {
	before='' passes=
	for margin in none own near module package depends; do
		rm -f "$dir/p.sfc"
		sfc pack "$app" -o "$dir/p.sfc" --without "$1" --margin "$margin" --level 1 --catalog none \
			--json >"$dir/built" 2>"$dir/warned" ||
			{ problem "$app: $(tail -n 1 "$dir/warned")"; return 1; }
		paths=$(tracepack ls "$dir/p.sfc" | sha256sum)
		if [ "$paths" != "$before" ]; then
			passes=false
			! asked "$dir/p.sfc" "$1" || passes=true
		fi
		before=$paths
		jq -c --arg app "$app" --arg margin "$margin" --arg feature "$1" --argjson passes "$passes" \
			'{app: $app, margin: $margin, feature: $feature, bytes: .packed.bytes, passes: $passes}' "$dir/built" >>"$dir/rows"
	done
}

experiment() {
	app=$1
	export SFC_STATE="$dir/state.$app"
	read_app "$app" || { problem "no application '$app'"; return 1; }
	source=$("$srcdir/tests/minbase.sh" "$packages") || { problem "$app: no root"; return 1; }
	sfc dev create "$app" --from "$source" >/dev/null || return 1
	[ -z "$prepare" ] || sfc dev exec "$app" -- sh -c "$prepare" || { problem "$app: cannot prepare it"; return 1; }
	write_ask
	for feature in $features; do
		trace "$feature"
		[ -s "$dir/full.$feature" ] || problem "$app: $feature: $(tail -n 1 "$dir/test.out")"
	done
	manifest=$SFC_STATE/test/$app/manifest.db
	view=$dir/root.$app
	# what the tests saw, as a plain directory
	mkdir -p "$view"
	lower=$(printf '%s:' "$SFC_STATE"/dev/"$app"/[0-9]*/upper "$SFC_STATE"/base/*/tree)
	mount -t overlay overlay -o "lowerdir=${lower%:}" "$view" || return 1
	tracepack stat "$manifest" --margins -s "$view" --json |
		jq -c --arg app "$app" '.levels[] | {app: $app, margin: .level, said: {chance, low, high, labels_missing}}' >>"$dir/said"
	for feature in $features; do
		leave_out "$feature"
	done
	umount "$view"
}

: >"$dir/rows"
: >"$dir/said"
for app; do
	[ -n "$json" ] || echo "… $app" >&2
	experiment "$app"
done
jq -s --slurpfile said "$dir/said" '
	def rank: {none: 0, own: 1, near: 2, module: 3, package: 4, depends: 5}[.margin];
	def median: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
	[group_by([.app, rank])[] | . as $rows | {
		app: .[0].app, margin: .[0].margin, features: length, failed: map(select(.passes | not)) | length,
		failing: map(select(.passes | not).feature), bytes: (map(.bytes) | add / length | floor),
		said: first($said[] | select(.app == $rows[0].app and .margin == $rows[0].margin) | .said)
	}] as $applications |
	($applications | map(select(.margin == "none") | {(.app): .}) | add) as $none |
	($none | map(.failed) | add) as $fails |
	{applications: $applications, margins: [$applications | group_by(rank)[] | {
		margin: .[0].margin, features: map(.features) | add, failed: map(.failed) | add,
		mended: (if $fails == 0 then null else 1 - (map(.failed) | add) / $fails end),
		ratio: map(.bytes / $none[.app].bytes) | median,
		held: map(select(.failed / .features >= .said.low - 1e-6 and .failed / .features <= .said.high)) | length,
		applications: length
	}]}' "$dir/rows" >"$dir/table"
if [ -n "$json" ]; then
	cat "$dir/table"
else
	{
		echo "application|margin|MB|failed|of|said|fails"
		jq -r '.applications[] | "\(.app)|\(.margin)|\(.bytes / 100000 | round | . / 10)|\(.failed)|\(.features)|\(
			.said.chance * 100 | round) % (\(.said.low * 100 | round) to \(.said.high * 100 | round))|\(.failing | join(" "))"' "$dir/table"
	} | column -t -s '|'
	echo
	{
		echo "margin|failed|of|mended of none's|bytes, median|said held"
		jq -r '.margins[] | "\(.margin)|\(.failed)|\(.features)|\(if .mended then "\(.mended * 100 | round) %" else "-" end)|\(
			.ratio * 1000 | round | . / 1000)|\(.held) of \(.applications)"' "$dir/table"
	} | column -t -s '|'
fi
