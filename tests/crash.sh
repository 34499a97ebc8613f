# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2086,SC2154 # lists of words; what the test says
# For the tests that kill and fail sfc at one system call after the other, by strace from outside. Sourced after
# lib.sh. The test says begin_again(), trial HOW COMMAND… (one command, with strace's injection) and leftovers()
# (what may not be left, said); $killing and $failing are the calls, $points how many of each, $least how many there
# are at the least of either, $follow is -f for those of all its processes. SFC_TEST_LONG tries 200 of each call,
# SFC_TEST_POINTS so many.
: "${dir:?}"

requires strace -o /dev/null -e inject=mkdirat:signal=KILL:when=9 true
[ -z "${SFC_TEST_LONG:-}" ] || SFC_TEST_POINTS=${SFC_TEST_POINTS:-200}

# in_memory: there, where thousands of commits do not wait for a disk that others use: $here, with a state in it.
in_memory() {
	mkdir ram
	mount -t tmpfs -o mode=700,size=512m sfc ram || skip "no tmpfs"
	on_exit umount -l "$dir/ram"
	cd ram || exit 99
	here=$dir/ram
	export SFC_STATE="$here/state" SFC_LOCK_TIMEOUT=20
}

# forget_store: its mounts of packages, before the state goes.
forget_store() {
	awk -v d="$SFC_STATE/store" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r | xargs -r umount -l
}

# sample CALLS COMMAND…: the calls it makes, as "CALL N" lines: at most $points of each, evenly spread. With
# $follow those of all its processes, each with numbers of its own; else those of its first from the first call
# on that names its state.
sample() {
	wanted=$1
	shift
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

# run NAME AFTER COMMAND…: AFTER is a shell command that says what is wrong, or nothing.
run() {
	name=$1 after=$2
	shift 2
	tried=0 bad=
	sample "$killing" "$@" >samples
	while read -r call number; do
		tried=$((tried + 1))
		wrong=$(trial "$call:signal=KILL:when=$number" "$@"; eval "$after"; leftovers)
		[ -z "$wrong" ] || { bad=1; echo "killed at $call $number: $wrong"; }
	done <samples
	check "$name: killed at any of $tried calls" test -z "$bad" -a "$tried" -ge "${least% *}"
	tried=0 bad=
	sample "$(echo $failing | tr ' ' '\n' | cut -d : -f 1 | sort -u | tr '\n' ' ')" "$@" >samples
	for pair in $failing; do
		grep "^${pair%:*} " samples >chosen
		while read -r call number; do
			tried=$((tried + 1))
			wrong=$(trial "$call:error=${pair#*:}:when=$number" "$@"; eval "$after"; leftovers)
			[ -z "$wrong" ] || { bad=1; echo "$call $number fails with ${pair#*:}: $wrong"; }
		done <chosen
	done
	check "$name: any of $tried calls fails" test -z "$bad" -a "$tried" -ge "${least#* }"
}
