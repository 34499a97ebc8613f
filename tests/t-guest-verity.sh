#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In a guest, whose kernel has dm-verity: what --verity writes is mounted and started from, and a changed byte is not read.
# It takes minutes, and is of make check-long alone.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
[ -n "${SFC_TEST_LONG:-}" ] || skip "takes minutes: SFC_TEST_LONG=1"
# shellcheck source=tests/guest.sh
. "$srcdir/tests/guest.sh"

guest_root "$guest_engines,cryptsetup-bin,dmsetup"
guest_disk disk
guest_run disk guest/verity.sh 300
finish
