# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2086,SC2154 # lists of words; what the test says
# For the tests that kill and fail sfc at one system call after the other, by strace from outside. Sourced after
# lib.sh. The test says begin_again(), trial HOW COMMAND… (one command, with strace's injection) and leftovers()
# (what may not be left, said); $killing and $failing are the calls, $points how many of each, $least how many there
# are at the least of either, $follow is -f for those of all its processes. SFC_TEST_LONG tries 200 of each call,
# SFC_TEST_POINTS so many, for as long as SFC_LONG_SECONDS [1200]: each claim has its share of them, and calls that
# are far apart come first; $claims_of is the file with the claims, where another sources it.
: "${dir:?}"

# With prod_by_user, of prod.sh, it is done to a plain user's, by root: set-id programs of his keep what they are.
tracer=strace
[ -z "${prod_by_user:-}" ] || tracer="strace -u $user"

requires strace -o /dev/null -e inject=mkdirat:signal=KILL:when=9 true
[ -z "${SFC_TEST_LONG:-}" ] || { SFC_TEST_POINTS=${SFC_TEST_POINTS:-200} SFC_LONG_SECONDS=${SFC_LONG_SECONDS:-1200}; }

# in_memory: there, where thousands of commits do not wait for a disk that others use: $here, with a state in it.
in_memory() {
	mkdir ram
	mount -t tmpfs -o mode=700,size=512m sfc ram || skip "no tmpfs"
	on_exit umount -l "$dir/ram"
	[ -z "${prod_by_user:-}" ] || { chown "$user:" ram && export HOME="$home" USER="$user" PATH="$dir/bin:$PATH"; }
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
	$tracer $follow ${follow:+-e raw=all} -qq -o calls -e "trace=$(echo $wanted | tr ' ' ,)" "$@" >/dev/null 2>&1 </dev/null
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

# try_samples HOW LEAST AFTER COMMAND…: each "CALL N INJECTION" of the file samples, and what is wrong then is said:
# no $bad. $tried are those that there was time for, $all that there are.
try_samples() {
	how=$1 least_tried=$2 after=$3
	shift 3
	tried=0 bad='' all=$(wc -l <samples)
	over=${SFC_LONG_SECONDS:+$(($(date +%s) + SFC_LONG_SECONDS / 2 / $(grep -c '^run "' "$srcdir/tests/${claims_of:-${0##*/}}")))}
	awk '{ n = sprintf("%06d", NR); for (i = 6; i; i--) printf "%s", substr(n, i, 1); print " " $0 }' samples |
		sort | cut -d ' ' -f 2- >spread
	while read -r call number injection; do
		[ "$tried" -lt "$least_tried" ] || [ -z "$over" ] || [ "$(date +%s)" -lt "$over" ] || break
		tried=$((tried + 1))
		wrong=$(trial "$call:$injection:when=$number" "$@"; eval "$after"; leftovers)
		[ -z "$wrong" ] || { bad=1; echo "$how $call $number ($injection): $wrong"; }
	done <spread
}

# run NAME AFTER COMMAND…: AFTER is a shell command that says what is wrong, or nothing.
run() {
	name=$1 after=$2
	shift 2
	sample "$killing" "$@" | sed 's/$/ signal=KILL/' >samples
	try_samples "killed at" "${least% *}" "$after" "$@"
	check "$name: killed at any of $tried of $all calls" test -z "$bad" -a "$tried" -ge "${least% *}"
	sample "$(echo $failing | tr ' ' '\n' | cut -d : -f 1 | sort -u | tr '\n' ' ')" "$@" >chosen
	for pair in $failing; do sed -n "s/^${pair%:*} .*/& error=${pair#*:}/p" chosen; done >samples
	try_samples "fails at" "${least#* }" "$after" "$@"
	check "$name: any of $tried of $all calls fails" test -z "$bad" -a "$tried" -ge "${least#* }"
}
