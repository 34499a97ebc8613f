# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# A package as a file: whether it is one, and how it is mounted. Sourced after lib.sh.

# package_check FILE: a SquashFS image, as long as it says of itself (bytes 40 to 47).
package_check() {
	[ -f "$1" ] || die "no package '$1'"
	[ -r "$1" ] || die "cannot read '$1'"
	[ "$(head -c 4 "$1" | tr -d '\0')" = hsqs ] || die "'$1' is not a package: not a SquashFS image"
	set -- "$1" "$(od -An -tu8 -j40 -N8 "$1" | tr -d ' ')" "$(stat -L -c %s "$1")"
	[ "$3" -ge "${2:-96}" ] || die "'$1' is cut short: $3 of ${2:-96} bytes; copy it again"
}

# package_start FILE OUT: its name, and the config.json it starts with, from known fields that were checked
# by a program that believes nothing; nothing else of these two is read anywhere. Refuses the package.
package_start() {
	(umask 077 && tracepack config "$1" >"$2") 2>"$2.said" || {
		package_said=$(head -n 1 "$2.said")
		rm -f "$2" "$2.said"
		die "${package_said#tracepack: }"
	}
	rm -f "$2.said"
}

# package_is_bare DIR: an image of a root alone, mounted there.
package_is_bare() {
	{ [ ! -e "$1/config.json" ] && [ ! -L "$1/config.json" ]; } ||
		{ [ ! -e "$1/rootfs" ] && [ ! -L "$1/rootfs" ]; }
}

# package_mount FILE DIR: read-only, by the kernel where it can; a squashfuse holds none of our locks.
package_mount() {
	package_check "$1"
	package_mount_loop "$1" "$2" && return
	command -v squashfuse >/dev/null && squashfuse "$1" "$2" >/dev/null 2>&1 9>&- 8>&- 7>&- && return
	die "cannot mount '$1': $(printf '%s\n' "$mount_error" | head -n 1)"
}

# package_mount_loop FILE DIR: sets mount_error when it fails. Neither way leaves a loop device, however
# soon it is killed; our own reads in larger pieces.
package_mount_loop() {
	loop_mount=$here/loop-mount	# installed; in the source tree it is where tracepack was built
	[ -x "$loop_mount" ] || loop_mount=$(dirname "$(command -v tracepack)")/../scripts/loop-mount
	[ ! -x "$loop_mount" ] || ! "$loop_mount" "$1" "$2" 2>/dev/null || return 0
	mount_error=$(mount -t squashfs -o ro,nosuid,nodev,loop "$1" "$2" 2>&1)
}
