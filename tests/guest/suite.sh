#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In a guest, by tests/t-guest-suite.sh: tests of the stages as they are, one after the other, those that the kernel's
# command line names.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"

# shellcheck disable=SC2013 # words
for name in $(sed 's/.*suite=//; s/ .*//; s/,/ /g' /proc/cmdline); do
	began=$(date +%s)
	TEST_TMPDIR=/var/tmp sh "$srcdir/tests/$name.sh" >"$dir/said" 2>&1
	status=$?
	grep -A2 '^FAIL\|^SKIP' "$dir/said"
	echo "$name: $(tail -n 1 "$dir/said"), status $status, $(($(date +%s) - began)) s"
	count=$(sed -n '$s/^\([0-9]*\) claims, \([0-9]*\) failed$/\1 \2/p' "$dir/said")
	[ -n "$count" ] || { count="1 1"; tail -n 5 "$dir/said"; }
	claims=$((claims + ${count% *}))
	failures=$((failures + ${count#* }))
done
finish
