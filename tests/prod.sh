# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # names of lib.sh
# For the tests of sfc prod: a state directory of their own, and packages made by hand from busybox,
# so that prod is tested without what comes before it. Sourced after lib.sh.

requires root
requires runc --version
requires mksquashfs -version
requires jq --version
requires busybox true

export SFC_STATE="$dir/state"
# shellcheck disable=SC2034 # for who sources this: how the cgroups of this state directory begin
groups=/sfc/$(printf %s "$SFC_STATE" | cksum | cut -d ' ' -f 1)-
export SFC_LIMITS="$dir/limits.conf"

# Whatever a failing test leaves running goes by the application, never by name.
prod_down() {
	for prod_app in "$SFC_STATE"/prod/*/app.json; do
		[ -e "$prod_app" ] || continue
		prod_app=${prod_app%/app.json}
		sfc prod rm "${prod_app##*/}" --all --timeout 0 >/dev/null 2>&1
	done
}
on_exit prod_down

# busybox_package FILE NAME SCRIPT [SIGNAL]: a package whose program is SCRIPT, run by busybox, and
# stopped with SIGNAL.
busybox_package() {
	tree=$dir/tree.$2
	rm -rf "$tree"
	mkdir -p "$tree/sfc" "$tree/rootfs/bin" "$tree/rootfs/etc" "$tree/rootfs/data"
	for place in proc sys dev run tmp; do mkdir "$tree/rootfs/$place"; done
	cp "$(command -v busybox)" "$tree/rootfs/bin/busybox"
	for tool in sh cat sleep echo httpd nc dd ls rm mkdir wc head; do
		ln -s busybox "$tree/rootfs/bin/$tool"
	done
	printf '%s\n' "$3" >"$tree/rootfs/etc/main.sh"
	runc spec -b "$tree"
	jq --arg signal "${4:-SIGTERM}" '.annotations["org.opencontainers.image.stopSignal"] = $signal
		| .process.args = ["/bin/sh", "/etc/main.sh"] | .process.terminal = false
		| .process.noNewPrivileges = false | del(.process.capabilities)' \
		"$tree/config.json" >"$tree/config.new" && mv "$tree/config.new" "$tree/config.json"
	echo "{\"name\": \"$2\"}" >"$tree/sfc/package.json"
	mksquashfs "$tree" "$1" -noappend -quiet -no-progress -comp zstd -all-root >/dev/null
}

# instance_pid APP I: the pid of its first process, or nothing.
instance_pid() {
	sfc prod list "$1" --json | jq -r --arg i "$2" '.[].instances[] | select(.name == $i) | .pid // empty'
}

instance_is() {
	[ "$(sfc prod list "$1" --json | jq -r --arg i "$2" '.[].instances[] | select(.name == $i) | .state')" = "$3" ]
}
