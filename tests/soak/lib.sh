# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # names of lib.sh
# For the parts of tests/soak: how far one has come, how long it may go on, and its verdict. Sourced after lib.sh.
#
#	soak_begin PART PROGRAM…    $soak_done rounds were done by these very programs, $soak_failed of them failed
#	soak_has_time               SOAK_SECONDS are not over [3600]
#	soak_did ROUNDS FAILED      which is remembered at once
#	soak_end ALL WHAT           the line that tests/soak shows; the status is 1 when anything failed

soak_begin() {
	soak_part=$1
	shift
	soak_state=$builddir/soak/$soak_part-$(cat "$@" | sha256sum | cut -c1-16)
	mkdir -p "$builddir/soak"
	soak_done=0 soak_failed=0 soak_seconds=0
	[ ! -f "$soak_state" ] || read -r soak_done soak_failed soak_seconds <"$soak_state"
	soak_began=$(date +%s)
}

soak_has_time() { [ $(($(date +%s) - soak_began)) -lt "${SOAK_SECONDS:-3600}" ]; }

soak_did() {
	soak_done=$((soak_done + $1)) soak_failed=$((soak_failed + ${2:-0}))
	echo "$soak_done $soak_failed $((soak_seconds + $(date +%s) - soak_began))" >"$soak_state.new"
	mv "$soak_state.new" "$soak_state"
}

soak_end() {
	read -r soak_done soak_failed soak_seconds <"$soak_state"
	soak_verdict=whole
	[ "$soak_done" -ge "$1" ] || soak_verdict="goes on when it is run again"
	echo "soak: $soak_part: $soak_done of $1 $2, $soak_failed failed, $soak_seconds s ($soak_verdict)"
	[ "$soak_failed" = 0 ] || exit 1
	exit 0
}
