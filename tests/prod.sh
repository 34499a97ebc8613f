# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # names of lib.sh
# For the tests of sfc prod: a state directory of their own, and packages made by hand from busybox,
# so that prod is tested without what comes before it. Sourced after lib.sh.

requires root
requires runc --version
requires mksquashfs -version
requires jq --version
requires busybox true
requires sqlite3 --version

requires conmon --version
export SFC_STATE="$dir/state"
export SFC_LIMITS="$dir/limits.conf"

# With prod_by_user sfc is a plain user's, who has a state of his own.
if [ -n "${prod_by_user:-}" ]; then
	# shellcheck source=tests/user.sh
	. "$srcdir/tests/user.sh"
	SFC_STATE=$home/state
	sfc() {
		setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups env -i HOME="$home" USER="$user" LC_ALL=C \
			PATH="$dir/bin:/usr/local/bin:/usr/bin:/bin" SFC_STATE="$SFC_STATE" ${user_environment:-} sfc "$@"
	}
fi

# Whatever a failing test leaves running goes by the application, never by name.
prod_down() {
	sfc prod rm --all --grace 0 >/dev/null 2>&1
}
on_exit prod_down

# about APP/I FILTER: of what inspect says of it.
about() { sfc prod inspect "$1" --json | jq -r ".[0] | $2"; }

# group_of APP/I V1CONTROLLER/V1FILE V2FILE: of its cgroup.
group_of() {
	group_path=$(about "$1" .cgroup)
	cat "/sys/fs/cgroup/${2%%/*}$group_path/${2#*/}" 2>/dev/null || cat "/sys/fs/cgroup$group_path/$3"
}

# prod_leftovers [APP-I-]: of this state, or only of that instance, what should not be: mounts, groups, programs.
prod_leftovers() {
	grep -F " $SFC_STATE" /proc/self/mountinfo | grep -vF " $SFC_STATE/store"
	uuid=$(sqlite3 "$SFC_STATE/state.db" "SELECT substr(uuid, 1, 8) FROM state")
	find /sys/fs/cgroup -maxdepth 3 \( -name "${1:-*-}$uuid-[0-9]*" -o -name "sfc-${1:-*-}$uuid-[0-9]*" \)
	pgrep -af "conmon.*name ${1:-.*-}$uuid-[0-9]"
	find "$SFC_STATE/run" -mindepth 1 -name "${1:-*-}$uuid-*"
}

# busybox_package FILE NAME SCRIPT [SIGNAL]: a package whose program is SCRIPT, run by busybox, and
# stopped with SIGNAL.
busybox_package() {
	tree=$dir/tree.$2
	rm -rf "$tree"
	mkdir -p "$tree/sfc" "$tree/rootfs/bin" "$tree/rootfs/etc" "$tree/rootfs/data"
	for place in proc sys dev run tmp; do mkdir "$tree/rootfs/$place"; done
	cp "$(command -v busybox)" "$tree/rootfs/bin/busybox"
	for tool in sh cat cut sleep echo httpd nc dd ls rm mkdir wc head; do
		ln -s busybox "$tree/rootfs/bin/$tool"
	done
	printf '%s\n' "$3" >"$tree/rootfs/etc/main.sh"
	runc spec -b "$tree"
	jq --arg signal "${4:-SIGTERM}" '.annotations["org.opencontainers.image.stopSignal"] = $signal
		| .process.args = ["/bin/sh", "/etc/main.sh"] | .process.terminal = false
		| .process.noNewPrivileges = false | del(.process.capabilities)' \
		"$tree/config.json" >"$tree/config.new" && mv "$tree/config.new" "$tree/config.json"
	echo "{\"name\": \"$2\"}" >"$tree/sfc/package.json"
	mksquashfs "$tree" "$1" -noappend -quiet -no-progress -comp zstd -Xcompression-level 1 -all-root >/dev/null
}

# instance_pid APP/I: the pid of its first process, or nothing.
instance_pid() { about "$1" '.pid // empty'; }

# instance_is APP/I STATE
instance_is() { [ "$(about "$1" .state)" = "$2" ]; }
