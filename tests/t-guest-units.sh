#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In a guest that is booted twice: what sfc prod enable has written is what systemd starts, restarts and stops. It takes
# minutes, and is of make check-long alone.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
[ -n "${SFC_TEST_LONG:-}" ] || skip "takes minutes: SFC_TEST_LONG=1"
# shellcheck source=tests/guest.sh
. "$srcdir/tests/guest.sh"

guest_root "$guest_engines"
guest_disk disk
guest_run disk guest/units.sh 300
guest_run disk guest/units-again.sh 300
finish
