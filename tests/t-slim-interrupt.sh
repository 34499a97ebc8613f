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

# Each round has a directory of its own, so that it is judged by what it left itself.
begin_round() {
	TMPDIR=$dir/$1
	mkdir "$TMPDIR" "$TMPDIR/out"
}

left_devices() {
	losetup -l -n -O NAME,AUTOCLEAR,BACK-FILE | grep -F "$TMPDIR/"
}

gone() {
	! slim_runs >/dev/null && ! grep -qF "$TMPDIR/" /proc/mounts && ! left_devices >/dev/null &&
		! ls -d /sys/fs/cgroup/*/sfc/slim-"$group" /sys/fs/cgroup/sfc/slim-"$group" 2>/dev/null >&2
}

# whole_or_none FILE
whole_or_none() {
	[ ! -e "$1" ] || unsquashfs -s "$1" >/dev/null
}

# interrupt SIGNAL SECONDS: to the whole process group, as a terminal does, or to sfc alone.
interrupt() {
	setsid env --default-signal=INT,QUIT sfc slim -q --root "$root" -o "$TMPDIR/out/x.sfc" -- \
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
		begin_round "$round.$signal"
		interrupt "$signal" "$moment"
		case $signal-$status in
		INT-130 | TERM-143 | KILL-137 | *-0) ;;
		*) fail "SIG$signal after $moment s: status $status: $(cat "$dir/said")" ;;
		esac
		wait_for 10 gone || fail "SIG$signal after $moment s left something: $(
			slim_runs
			ls -d /sys/fs/cgroup/*/sfc/slim-"$group" /sys/fs/cgroup/sfc/slim-"$group" 2>/dev/null
			grep -F "$TMPDIR/" /proc/mounts
			left_devices
		)"
		whole_or_none "$TMPDIR/out/x.sfc" || fail "SIG$signal after $moment s left half an output"
		[ "$(ls -A "$TMPDIR")" = out ] || fail "SIG$signal after $moment s left $(ls "$TMPDIR")"
		# a kill -9 leaves what it had put aside, and the next one removes it
		[ "$signal" = KILL ] || [ -z "$(ls -A "$SFC_STATE/scratch" 2>/dev/null)" ] ||
			fail "SIG$signal after $moment s left $(ls "$SFC_STATE/scratch")"
		rm -rf --one-file-system "$TMPDIR"
	done
done
sfc doctor --repair >"$dir/repaired" 2>&1
check_equal "and doctor --repair removes what the last one left" "$(ls -A "$SFC_STATE/scratch" 2>/dev/null)" "" || cat "$dir/repaired"
check_equal "no moment was a bad one" "$failures" 0
finish
