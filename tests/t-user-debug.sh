#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc prod debug by a plain user: tools of his look into an instance of his, on the host's network and on one of its own.
# shellcheck disable=SC2154 # names of user.sh
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/stage.sh"
. "$srcdir/tests/user.sh"
requires runc --version
requires jq --version
cd "$dir" || exit 99

busybox_root tools sh ps cat ls touch ip readlink
mkdir -p bare/sfc bare/rootfs/bin bare/rootfs/etc
for place in proc sys dev run tmp; do mkdir bare/rootfs/$place; done
cp "$(command -v busybox)" bare/rootfs/bin/busybox
ln -s busybox bare/rootfs/bin/sleep
runc spec -b bare
jq '.process.args = ["/bin/sleep", "1000"] | .process.terminal = false | del(.process.capabilities)' bare/config.json >x &&
	mv x bare/config.json
echo '{"name": "web"}' >bare/sfc/package.json
squash bare web.sfc
# what is to be added to a root with tools has to be his
chown -R "$user:" tools
on_exit as_user sfc prod rm --all web --grace 0

check "it is installed" as_user sfc prod install -q "$dir/web.sfc"
check "one on the host's network" as_user sfc prod start web/1
check "one on its own" as_user sfc prod start web/2 --network none
debug() {
	instance=$1
	shift
	as_user sfc prod debug "web/$instance" --with "$dir/tools" -- "$@"
}
check_fails "a shell that is not there is named" 127 "sfc: prod: exec: 'sh' is not in web/1: *" as_user sfc prod exec web/1 -- sh
for instance in 1 2; do
	check_equal "web/$instance: its processes" "$(debug $instance ps | grep -c '^ *1 root  *[/]bin/sleep 1000$')" 1
	check_equal "web/$instance: its files" "$(debug $instance ls /.instance/bin | tr '\n' ' ')" 'busybox sleep '
	check_equal "web/$instance: which cannot be written" "$(debug $instance touch /.instance/x 2>&1; echo $?)" \
		"$(printf 'touch: /.instance/x: Read-only file system\n1')"
done
host() { as_user sfc prod debug web/1 --with / -- "$@"; }
check_equal "with the host's own tools" "$(host sh -c 'ls /.instance/bin; cat /etc/debian_version' | tr '\n' ' ')" \
	"busybox sleep $(cat /etc/debian_version) "
check_equal "which stay as they are" "$(host touch /etc/x /usr/x 2>&1 | grep -c 'Read-only file system')" 2
check_equal "the host's network is the host's" "$(debug 1 readlink /proc/self/ns/net)" "$(readlink /proc/self/ns/net)"
check_equal "the other its own" "$(debug 2 ip link | grep -c '^[0-9]*: lo:')$(debug 2 ip link | grep -c '^[0-9]*: eth')" 10
check "they are as they were" test "$(as_user sfc prod list --json | jq '[.[].instances[] | select(.state == "running")] | length')" = 2
finish
