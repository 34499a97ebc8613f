#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Calls of every kind under trace, counted: SOAK_OPENS of them [10000000], and the manifest has exactly those. A round is
# tests/t-tracefs-count.sh with 2,000 calls of each kind.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/soak/lib.sh
. "$srcdir/tests/soak/lib.sh"
requires root
requires fuse

soak_begin opens "$builddir/fs/tracefs" "$builddir/tests/fs/count-driver"
while [ "$soak_done" -lt "${SOAK_OPENS:-10000000}" ] && soak_has_time; do
	SFC_TEST_CALLS=2000 "$srcdir/tests/t-tracefs-count.sh" >said 2>&1
	grep '^FAIL' said | cut -c 1-300
	kinds=$(sed -n 's/^ok: .*: \([0-9]*\) kinds of calls.*/\1/p' said | awk '{ sum += $1 } END { print sum + 0 }')
	soak_did $((kinds * 2000)) "$(grep -c '^FAIL' said)"
done
soak_end "${SOAK_OPENS:-10000000}" "calls, counted exactly"
