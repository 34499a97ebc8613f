#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# make experiment-truth: how often a feature that no run exercised fails in a package, margin by margin.
#
#	experiment-truth.sh [--json] [--all] [--table|--trace] [APP]…
#
# Each feature of each application of tests/apps is traced with a label of its own. Then each label is left
# out in turn, the rest is packed at each margin, and the feature that was left out is asked of the package.
# It passes when it prints what it printed on the whole root; where nothing should be missing, also at the second
# try. Of one that does not, what it misses is named: what its trace used and the package lacks, as tracepack stat
# has it; beyond the margin "none" also what sfc verify says that the package looked for in vain, each with the
# margin that has it (why-not --levels). What truth_table.jq makes of all that is printed.
#
# What was found is kept below SFC_TRUTH_CACHE (/var/tmp/sfc-cache/truth): traces as long as the application's
# file says the same, answers as long as the package has the same paths. So it goes on where it was stopped,
# and after a change of the rules only packages that changed are asked. A margin holds all that a narrower one
# does; where that passed it is not asked again, but with --all. --table: only what is kept; --trace: only trace.
# shellcheck disable=SC2154,SC2317 # what an application's file says, and calls
set -u
srcdir=$(cd "${srcdir:-.}" && pwd)
builddir=$(cd "${builddir:-.}" && pwd)
LC_ALL=C
export LC_ALL
PATH=$builddir/stage:$builddir/pack:$PATH:/usr/sbin:/sbin
[ "$(id -u)" = 0 ] || { echo "experiment-truth: needs root" >&2; exit 77; }
json='' all='' table='' traces=
while [ $# -gt 0 ]; do
	case $1 in
	--json) json=1 ;;
	--all) all=1 ;;
	--table) table=1 ;;
	--trace) traces=1 ;;
	*) break ;;
	esac
	shift
done
# shellcheck disable=SC2046,SC2012 # names of ours
[ $# -gt 0 ] || set -- $(cd "$srcdir/tests/apps" && ls -- *.app | sed 's/\.app$//')

cache=${SFC_TRUTH_CACHE:-${SFC_TEST_CACHE:-/var/tmp/sfc-cache}/truth}
dir=$(mktemp -d "${TMPDIR:-/var/tmp}/sfc-experiment.XXXXXX") || exit 1
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
	options() { :; }
	# shellcheck disable=SC1090 # they are in tests/apps
	. "$srcdir/tests/apps/functions" && . "$srcdir/tests/apps/$1.app"
}

# What asks is a file of its own, since a probe is a shell's.
write_ask() { cat "$srcdir/tests/apps/functions" "$srcdir/tests/apps/$app.app" >"$dir/ask"; }

# trace FEATURE: run it under trace; its words go to full.FEATURE.
trace() {
	if [ -n "$port" ]; then
		# shellcheck disable=SC2086,SC2046 # a command as a shell has it
		eval "sfc test $app -q --label $1 --network none --user $user $(options "$1") --ready tcp:$port --timeout 60 \
			--probe '. $dir/ask; ask $1 >$kept/full.$1.new 2>&1' -- $start" >"$kept/test.$1" 2>&1
	else
		label=$1
		run() {
			# shellcheck disable=SC2046
			sfc test "$app" -q --label "$label" --network none $(options "$label") -- "$@" >"$kept/full.$label.new" 2>"$kept/test.$label"
			echo "$?" >>"$kept/full.$label.new"
		}
		command "$1"
	fi
	[ -s "$kept/full.$1.new" ] && mv "$kept/full.$1.new" "$kept/full.$1"
}

# asked PACKAGE FEATURE: the same of the package, into got.FEATURE.
asked() {
	if [ -n "$port" ]; then
		# shellcheck disable=SC2016,SC2046 # that shell's
		unshare -n sh -c 'ip link set lo up
			package=$1 directory=$2 port=$3 feature=$4
			shift 4
			SFC_STATE=$directory/state sfc run "$package" --network host --grace 3 "$@" >"$directory/run.out" 2>&1 &
			pid=$!
			for i in $(seq 600); do
				[ -z "$(ss -Hltn "sport = :$port")" ] || break
				kill -0 "$pid" 2>/dev/null || break
				sleep 0.1
			done
			. "$directory/ask"
			ask "$feature" >"$directory/got.$feature" 2>&1
			kill -TERM "$pid" 2>/dev/null
			wait "$pid"' sh "$1" "$dir" "$port" "$2" $(options "$2") </dev/null 2>/dev/null
	else
		package=$1 label=$2
		run() {
			# shellcheck disable=SC2046
			SFC_STATE=$dir/state sfc run "$package" --network none $(options "$label") -- "$@" >"$dir/got.$label" 2>"$dir/run.out" </dev/null
			echo "$?" >>"$dir/got.$label"
		}
		command "$2"
	fi
	[ "$(cat "$dir/got.$2")" = "$(cat "$kept/full.$2")" ]
}

# misses PACKAGE FEATURE: what the package looks for in vain while it is asked, as sfc verify has it.
misses() {
	package=$1 label=$2
	if [ -n "$port" ]; then
		# shellcheck disable=SC2046
		SFC_STATE=$dir/state sfc verify "$package" --root "$view" --network none --grace 3 --json $(options "$2") --ready "tcp:$port" --timeout 60 \
			--probe ". $dir/ask; ask $2 2>&1" </dev/null >"$dir/verified" 2>"$dir/verify.err"
	else
		run() {
			# shellcheck disable=SC2046
			SFC_STATE=$dir/state sfc verify "$package" --root "$view" --network none --json $(options "$label") -- "$@" </dev/null >"$dir/verified" 2>"$dir/verify.err"
		}
		command "$2"
	fi
	jq -r '.missed[]?.path' "$dir/verified" 2>/dev/null |
		xargs -r -d '\n' tracepack why-not --levels "$manifest" -s "$view" --without "$2" |
		jq -R 'split("\t") | {path: .[1], margin: .[0]}' | jq -sc .
}

# answer MARGIN FEATURE PATHS MISSING: of the package that the margin makes, to a file of $kept; it is asked if nobody did.
answer() {
	known=$kept/answers/$2.$3
	if [ ! -s "$known" ]; then
		rm -f "$dir/p.sfc"
		sfc pack "$app" -o "$dir/p.sfc" --without "$2" --margin "$1" --level 1 --allow-secrets --quiet \
			>"$dir/packed" 2>&1 || { problem "$app: $2: $(tail -n 1 "$dir/packed")"; return 1; }
		if asked "$dir/p.sfc" "$2" || { [ "$4" = 0 ] && asked "$dir/p.sfc" "$2"; }; then
			echo '{"passes":true,"misses":[]}'
		else
			cp "$dir/got.$2" "$kept/got.$2.$1"
			found='[]'
			[ "$1" = none ] && [ "$4" -gt 0 ] || found=$(misses "$dir/p.sfc" "$2")
			jq -cn --argjson misses "$found" '{passes: false, misses: $misses}'
		fi >"$known.new"
		mv "$known.new" "$known"
	fi
	cat "$known"
}

# leave_out FEATURE: at each margin; a line each to rows.
leave_out() {
	passing=
	jq -r --arg feature "$1" '.left_out[] | select(.label == $feature) | .levels[] | "\(.level) \(.paths) \(.bytes) \(.missing | length)"' \
		"$kept/said" >"$dir/levels"
	while read -r margin paths bytes missing; do
		if [ -z "$all" ] && [ -n "$passing" ]; then
			result='{"passes":true,"misses":[]}'
		else
			result=$(answer "$margin" "$1" "$paths" "$missing" </dev/null) || return 1
		fi
		case $result in
		'{"passes":true'*) passing=1 ;;
		esac
		jq -cn --arg app "$app" --arg margin "$margin" --arg feature "$1" --argjson result "$result" \
			--argjson bytes "$bytes" --argjson missing "$missing" \
			'{app: $app, margin: $margin, feature: $feature, bytes: $bytes, predicted: $missing} + $result' >>"$dir/rows"
	done <"$dir/levels"
}

# What is kept of another time; sfc keeps what it ran for a while.
forget() {
	umount -l "$kept/state/store/ns" "$kept/state/store" 2>/dev/null
	rm -rf --one-file-system "$kept"
}

# Trace the features that were not, put the root they saw up as $view.
prepare_app() {
	key=$( (grep -v '^#' "$srcdir/tests/apps/$app.app" && echo "$source") | sha256sum)
	[ "$(cat "$kept/key" 2>/dev/null)" = "$key" ] || forget
	mkdir -p "$kept/answers"
	export SFC_STATE="$kept/state"
	if [ ! -e "$kept/key" ]; then
		sfc dev create "$app" --from "$source" >/dev/null || return 1
		[ -z "$prepare" ] || sfc dev exec "$app" -- sh -c "$prepare" >"$kept/prepared" 2>&1 ||
			{ problem "$app: cannot prepare it: $(tail -n 1 "$kept/prepared")"; return 1; }
		echo "$key" >"$kept/key"
	fi
	for feature in $features; do
		[ -s "$kept/full.$feature" ] || trace "$feature" || problem "$app: $feature: $(tail -n 1 "$kept/test.$feature")"
	done
	manifest=$SFC_STATE/test/$app/manifest.db
	view=$dir/root.$app
	# what the tests saw, as a plain directory
	mkdir -p "$view"
	lower=$(printf '%s:' "$SFC_STATE"/dev/"$app"/[0-9]*/upper "$SFC_STATE"/base/*/tree)
	mount -t overlay overlay -o "lowerdir=${lower%:}" "$view"
}

experiment() {
	app=$1
	kept=$cache/$app
	read_app "$app" || { problem "no application '$app'"; return 1; }
	source=$("$srcdir/tests/minbase.sh" "$packages") || { problem "$app: no root"; return 1; }
	: >"$dir/rows"
	write_ask
	prepare_app || return 1
	[ -z "$traces" ] || return 0
	tracepack stat "$manifest" --margins -s "$view" --json >"$kept/said.new" && mv "$kept/said.new" "$kept/said" || return 1
	for feature in $features; do
		[ -s "$kept/full.$feature" ] || continue
		leave_out "$feature" || problem "$app: $feature is left out of the table"
	done
	umount "$view"
	cp "$dir/rows" "$kept/rows"
}

SFC_CLIENTS=$("$srcdir/tests/minbase.sh" "$(cat "$srcdir/tests/apps/clients")") || exit 77
export SFC_CLIENTS
for app; do
	[ -n "$table" ] && continue
	echo "… $app" >&2
	experiment "$app"
done
for app; do
	[ ! -s "$cache/$app/rows" ] || jq -sc --slurpfile said "$cache/$app/said" --arg app "$app" \
		'{app: $app, rows: ., said: $said[0]}' "$cache/$app/rows"
done | jq -s -f "$srcdir/tests/bench/truth_table.jq" >"$dir/table"
if [ -n "$json" ]; then
	cat "$dir/table"
else
	jq -r -f "$srcdir/tests/bench/truth_text.jq" "$dir/table" | column -t -s '|' -L
fi
