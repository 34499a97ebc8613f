#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In a guest with systemd and control groups of version 2: limits are the kernel's, are held, and what that does is said.
# It takes minutes, and is of make check-long alone.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
[ -n "${SFC_TEST_LONG:-}" ] || skip "takes minutes: SFC_TEST_LONG=1"
# shellcheck source=tests/guest.sh
. "$srcdir/tests/guest.sh"

guest_root "$guest_engines"
guest_disk disk
truncate -s 64M other
guest_run disk guest/limits.sh 300 -drive "file=$dir/other,format=raw,if=none,id=other" -device virtio-blk-pci,drive=other
finish
