#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The state is for its owner alone: another user ran setuid programs out of packages and layers, read what
# --env said, and held the locks.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/threats/lib.sh"
requires runc --version
requires gcc --version
export SFC_LIMITS="$dir/limits.conf"
on_exit sh -c 'sfc prod rm app --all --grace 0 >/dev/null 2>&1'

# S7 and S10.
# shut_out WHEN: nothing below the state is anybody else's to use
shut_out() {
	check_equal "$1: the top is shut" "$(stat -c %a "$SFC_STATE")" 700
	hex=$(sfc prod list app --json | jq -r '.[0].package')
	pid=$(sfc prod list app --json | jq -r '.[0].instances[0].pid')
	conmon=$(sfc prod inspect app/1 --json | jq -r '.[0].conmon')
	at=$SFC_STATE/app/app/1
	for file in "$SFC_STATE/store/kept/$hex" "$at/layer/upper" "$at/log" "$SFC_STATE/state.db"; do
		check "$1: ${file#"$SFC_STATE"/} is there" test -e "$file"
		check "$1: and no stranger finds it" sh -c '! setpriv --reuid "$0" --regid "$0" --clear-groups -- test -e "$1"' "$stranger" "$file"
	done
	check "$1: the root is where its processes are" test -u "/proc/$pid/root/data/setuid"
	for file in "/proc/$pid/root/data/setuid" "/proc/$conmon/root/run/sfc/root/data/setuid"; do
		check_equal "$1: a stranger becomes nobody by $file" "$(as_stranger "$file" 2>/dev/null)" ""
	done
	check_equal "$1: nor by one in the package" \
		"$(nsenter --mount="$SFC_STATE/store/ns" sh -c 'exit' 2>/dev/null; as_stranger "/proc/$conmon/root/run/sfc/package/rootfs/data/setuid" 2>/dev/null)" ""
	for file in "$at/log" "$SFC_STATE/state.db"; do
		check_equal "$1: ${file#"$SFC_STATE"/} is its owner's" "$(stat -c %a "$file")" 600
	done
	# S23: a lock that a stranger holds would stop everybody
	check "$1: no stranger locks" sh -c '! setpriv --reuid "$0" --regid "$0" --clear-groups -- flock -n "$1" true 2>/dev/null' \
		"$stranger" "$at/layer"
	check_equal "$1: the root in it is as it was" "$(stat -L -c %a "/proc/$pid/root")" 755
	check_equal "$1: the package is mounted without setuid and devices" \
		"$(awk '$5 == "/run/sfc/package" { print $6 }' "/proc/$conmon/mountinfo" | tr ',' '\n' | grep -cx -e nosuid -e nodev)" 2
	check_equal "$1: and nothing of it where the machine was booted" "$(grep -c "$SFC_STATE/app" /proc/self/mountinfo)" 0
}

# busybox gives its rights away
printf '#include <stdio.h>\n#include <unistd.h>\nint main(void) { printf("%%d\\n", (int)geteuid()); return 0; }\n' >setuid.c
gcc -static -o setuid setuid.c 2>/dev/null || skip "needs a static libc to link with"
chmod 4755 setuid
check_equal "a setuid program works for a stranger where it is reached" "$(as_stranger "$dir/setuid")" 0
tree_new
cp setuid "$tree/rootfs/data/setuid"
chmod 4755 "$tree/rootfs/data/setuid"
config '.process.args = ["/bin/sh", "-c", "touch /data/mine; echo up; exec sleep 1000"] | .process.user = {uid: 7, gid: 7}'
chmod 777 "$tree/rootfs/data"
package_new app.sfc
check "install" sfc prod install app.sfc --name app
check "start, and a user that is not root enters its own root" sfc prod start app --name 1 --env SECRET=s3cret
check "it writes there" wait_for 10 test -e "$SFC_STATE/app/app/1/layer/upper/data/mine"
shut_out "a new state"
check "setuid counts inside" test "$(sfc prod exec app/1 /data/setuid)" = 0

# one that was opened
chmod 755 "$SFC_STATE" "$SFC_STATE"/*/
chmod 755 "$SFC_STATE/app/app" "$SFC_STATE/app/app/1"
check "any command shuts it" sfc prod list
shut_out "one that was open"
check "it runs all the while" test "$(sfc prod list app --json | jq -r '.[].instances[].state')" = running

# S17: what it did to its log is behind the door
check "a log it made setuid" sh -c 'cat "$2" >"$1" && chmod 4755 "$1"' sh "$SFC_STATE/app/app/1/log" setuid
check_equal "makes nobody root" "$(as_stranger "$SFC_STATE/app/app/1/log" 2>/dev/null)" ""
sfc prod rm app --all --grace 0
check "nothing is left" nothing_is_left

# what is no state is not shut, nor filled
mkdir -m 1777 shared
touch shared/file
check_fails "a directory of others' things" 1 "sfc: prod: '$dir/shared' is no state directory: it holds 'file'*" sfc --state "$dir/shared" prod list
check_equal "stays as it was" "$(stat -c %a shared) $(ls shared)" "1777 file"
mkdir foreign
chown "$stranger" foreign
check_fails "a directory of another user" 1 "sfc: prod: the state directory '$dir/foreign' belongs to user *" \
	sfc --state "$dir/foreign" prod list
check_equal "stays empty" "$(ls foreign)" ""
for command in dev test status doctor; do
	rm -rf fresh
	case $command in
	dev) sfc --state "$dir/fresh" dev list >/dev/null ;;
	test) sfc --state "$dir/fresh" test report x >/dev/null 2>&1 ;;
	status) sfc --state "$dir/fresh" status >/dev/null ;;
	doctor) sfc --state "$dir/fresh" doctor --repair >/dev/null ;;
	esac
	check_equal "sfc $command shuts it, too" "$(stat -c %a fresh)" 700
done
finish
