# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# For the tests of what is started in containers: a root of busybox, a state of the test's own, and what
# must not be left of either. Sourced after lib.sh.
: "${dir:?}" "${srcdir:?}" "${builddir:?}"

requires root
requires mksquashfs -version
requires busybox true

# busybox_root DIR APPLET…
busybox_root() {
	made=$1
	shift
	mkdir -p "$made/bin" "$made/etc" "$made/proc" "$made/sys" "$made/dev" "$made/tmp"
	cp "$(command -v busybox)" "$made/bin/busybox"
	for applet; do ln -sf busybox "$made/bin/$applet"; done
	printf 'root:x:0:0:root:/root:/bin/sh\nwww:x:33:33:www:/var/www:/bin/sh\n' >"$made/etc/passwd"
	printf 'root:x:0:\nwww:x:33:\nssl:x:110:www,other\nnone:x:111:other\n' >"$made/etc/group"
}

# squash DIR FILE: a bare image of it
squash() {
	rm -f "$2"
	mksquashfs "$1" "$2" -comp zstd -Xcompression-level 1 -quiet -no-progress >/dev/null
}

# The first process of the namespace that `sfc run` (its number $1) made, as the host numbers it.
inside_of() {
	cat "/proc/$1/task/$1/children" 2>/dev/null
}

# Of `sfc run` number $1: no process, no group, no mount in the host's namespace but the store.
nothing_is_left_of() {
	! ls -d /sys/fs/cgroup/*/sfc/run-"$1" /sys/fs/cgroup/sfc/run-"$1" 2>/dev/null &&
		! grep -F " $dir/" /proc/mounts | grep -vF " $SFC_STATE/store" &&
		! pgrep -f "$dir/[a-z]*[.]sqsh"
}
