#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In a guest with systemd and control groups of version 2: logins, sudo and slices say what a user may take. It takes
# minutes, and is of make check-long alone.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
[ -n "${SFC_TEST_LONG:-}" ] || skip "takes minutes: SFC_TEST_LONG=1"
# shellcheck source=tests/guest.sh
. "$srcdir/tests/guest.sh"

guest_root "$guest_engines,sudo,squashfuse,uidmap,slirp4netns"
guest_disk disk
guest_run disk guest/users.sh 300
finish
