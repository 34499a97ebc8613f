#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# An interrupt, a termination and a kill -9 of sfc slim at many moments: nothing stays mounted, nothing
# runs on, and there is no output, or a whole one when the signal came too late.
# shellcheck disable=SC2016,SC2317 # for perl; called through wait_for
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/slim.sh"
requires setsid --version
minbase ''

rounds=${SFC_TEST_ROUNDS:-12}
mkdir "$dir/out"

gone() {
	! pgrep -f "$TMPDIR/sfc\\." >/dev/null && ! grep -qF "$dir/" /proc/mounts &&
		! losetup -l -n -O BACK-FILE | grep -qF "$dir/"
}

# whole_or_none FILE
whole_or_none() {
	[ ! -e "$1" ] || unsquashfs -s "$1" >/dev/null
}

# interrupt SIGNAL SECONDS: to the whole process group, as a terminal does, or to sfc alone.
interrupt() {
	rm -f "$dir/out/x.sfc"
	setsid env --default-signal=INT,QUIT sfc slim -q --root "$root" -o "$dir/out/x.sfc" -- \
		perl -e 'for (1..20) { print "$_\n"; select(undef, undef, undef, 0.02) }' \
		</dev/null >"$dir/said" 2>&1 &
	group=$!
	sleep "$2"
	case $1 in
	INT) kill -INT "-$group" 2>/dev/null ;;
	*) kill "-$1" "$group" 2>/dev/null ;;
	esac
	wait "$group"
	status=$?
}

for round in $(seq "$rounds"); do
	for signal in INT TERM KILL; do
		moment=$(awk -v r="$round" -v n="$rounds" 'BEGIN { printf "%.2f", r * 2 / n }')
		interrupt "$signal" "$moment"
		case $signal-$status in
		INT-130 | TERM-143 | KILL-137 | *-0) ;;
		*) fail "SIG$signal after $moment s: status $status: $(cat "$dir/said")" ;;
		esac
		wait_for 10 gone || fail "SIG$signal after $moment s left something: $(
			pgrep -af "$TMPDIR/sfc\\."
			grep -F "$dir/" /proc/mounts
		)"
		whole_or_none "$dir/out/x.sfc" || fail "SIG$signal after $moment s left half an output"
		# kill -9 of the shell itself is the one thing that leaves its empty directories
		[ "$signal" = KILL ] || [ -z "$(ls -A "$TMPDIR")" ] ||
			fail "SIG$signal after $moment s left $(ls "$TMPDIR")"
		rm -rf "${TMPDIR:?}"/* "$dir"/out/.x.sfc.*
	done
done
check_equal "no moment was a bad one" "$failures" 0
finish
