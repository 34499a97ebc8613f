#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In a guest with systemd and control groups of version 2: tests of the stages that know nothing of it pass there. It takes
# minutes, and is of make check-long alone.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
[ -n "${SFC_TEST_LONG:-}" ] || skip "takes minutes: SFC_TEST_LONG=1"
# shellcheck source=tests/guest.sh
. "$srcdir/tests/guest.sh"

guest_root "$guest_engines"
guest_disk disk
for guest_words in t-prod t-prod-life t-run,t-state t-confinement; do
	guest_run disk guest/suite.sh 300
done
finish
