# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2086 # lists of words
# For the tests that kill and fail sfc at one system call after the other, by strace from outside. Sourced after
# lib.sh; the test says begin_again(), and what may not be left. SFC_TEST_LONG tries 200 of each call,
# SFC_TEST_POINTS so many.
: "${dir:?}"

requires strace -o /dev/null -e inject=mkdirat:signal=KILL:when=9 true
[ -z "${SFC_TEST_LONG:-}" ] || SFC_TEST_POINTS=${SFC_TEST_POINTS:-200}

# sample OPTION CALLS COMMAND…: the calls it makes, as "CALL N" lines: at most $points of each, evenly spread. With
# OPTION -f those of all its processes, each with numbers of its own; else those of its first from the first call
# on that names its state.
sample() {
	follow=$1 wanted=$2
	shift 2
	begin_again
	strace $follow ${follow:+-e raw=all} -qq -o calls -e "trace=$(echo $wanted | tr ' ' ,)" "$@" >/dev/null 2>&1 </dev/null
	awk -v points="$points" -v state="$SFC_STATE" -v follow="$follow" '
		{ pid = ""; if (follow != "") { pid = $1; sub(/^[0-9]+ +/, "") } }
		{ name = $0; sub(/\(.*/, "", name); if (name !~ /^[a-z0-9_]+$/) next
		  n = ++number[pid, name]; if (n > count[name]) count[name] = n }
		follow == "" && index($0, state) && !begun { begun = 1; for (n in count) before[n] = count[n] - (n == name) }
		END { for (n in count) {
			from = before[n] + 1; all = count[n] - before[n]
			for (i = 0; i < points && i < all; i++) {
				at = all <= points ? from + i : points == 1 ? from + int(all / 2) : from + int(i * (all - 1) / (points - 1))
				if (at != last[n]) print n, at
				last[n] = at
			} } }' calls | sort -u
}

# fine COMMAND…: it succeeds, or what is wrong is said.
fine() { "$@" >after.out 2>after.err </dev/null || echo "$* afterwards: exit $?: $(cat after.err)"; }
