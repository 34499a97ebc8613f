# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2015 # names that the parts share
# sfc test mount and umount, and what sfc doctor --repair does about tests that were killed. Sourced by
# sfc-test.

# The traced root alone, in the caller's mount namespace.
cmd_mount() {
	name=${1:-}
	dev_must_exist "$name"
	shift
	parse "$@"
	needs_root "tracing"
	needs_fuse
	needs_program tracefs
	begin "$name"
	at=$(test_at "$name")
	lock_test "$name"
	! is_mounted "$at/root" || die "'$name' is mounted already at '$at/root'"
	mkdir -p "$at/source" "$at/root" "$at/scratch.mount"
	dev_view "$name" "$at/source"
	tracefs -o "manifest=$(manifest_of "$name"),label=$(mount_option "${label:-mount}"),scratch=$at/scratch.mount$trace" \
		"$at/source" "$at/root" >"$at/log" 2>&1 9>&- 8>&- </dev/null || {
		umount "$at/source"
		die "$(sed -n '1s/^tracefs: //p' "$at/log")"
	}
	echo "$at/root"
}

cmd_umount() {
	name=${1:-}
	at=$(test_at "$name")
	is_mounted "$at/root" || die "'$name' is not mounted"
	timeout -k 5 240 tracefs --unmount "$at/root" >/dev/null 2>&1 || umount "$at/root" 2>/dev/null ||
		die "'$at/root' cannot be unmounted: somebody uses it"
	unmount "$at/source"
	rm -rf --one-file-system "$at/scratch.mount"
}

# _repair: for sfc doctor --repair; says what it did.
cmd__repair() {
	for at in "$state_dir"/test/*; do
		[ -d "$at" ] || continue
		name=${at##*/}
		exec 9>>"$state_dir/locks/test-$name"
		flock -w 2 9 && repair_one && echo "$name: removed what was left of a test that was killed"
		unlock
	done
}

# repair_one: of the test at $at, which nobody works on; fails when nothing was left.
repair_one() {
	! is_mounted "$at/root" || ! timeout -k 5 10 tracefs --status "$at/root" >/dev/null 2>&1 || return
	is_mounted "$at/source" || is_mounted "$at/root" || [ -d "$at/scratch" ] || [ -d "$at/scratch.mount" ] || [ -e "$at/up" ] || return
	unmount "$at/root"
	unmount "$at/source"
	rm -rf --one-file-system "$at/scratch" "$at/scratch.mount"
	rm -f "$at/up" "$at/stop" "$at/ready"
}
