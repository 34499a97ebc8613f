#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a comparison is worth: a probe that passes where nothing runs is said to prove nothing, and what only
# the package's run says in its log is shown.
# shellcheck disable=SC2016 # for the inner shell
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/stage.sh"
. "$srcdir/tests/slim.sh"

busybox_root "$dir/root" sh sleep echo
mkdir -p root/etc/conf.d
for name in one two; do echo "$name" >"root/etc/conf.d/$name"; done
# it tells which configurations are there, by their names alone, and with times that are never the same
service='trap "exit 0" TERM
for name in /etc/conf.d/*; do echo "$$ 12:00:$$ loaded $name"; done
echo up >/tmp/up
while :; do sleep 0.1; done'
slim() {
	sfc slim --root "$dir/root" -o "$dir/out.sfc" --network none --ready 'test -e "$SFC_ROOT/tmp/up"' "$@" -- sh -c "$service"
}
check "a probe of nothing" slim --probe true >said 2>&1
cat said
check "is said to prove nothing" grep -q '^ *the probe passes before anything runs, too: it proves nothing$' said
check_equal "what only the package says is shown" "$(sed -n '/only the package.s run says:/,/^[^ ]/p' said | grep -c 'loaded /etc/conf.d/\*')" 1
check_equal "and nothing that both say" "$(grep -c 'loaded /etc/conf.d/one\|loaded /etc/conf.d/two' said)" 0
rm -f out.sfc
check_equal "as JSON" "$(slim --probe true --json 2>/dev/null | jq -c '[.probe_proves_nothing, (.only_in_package_log | length)]')" '[true,1]'
rm -f out.sfc

slim --probe 'test "$(cat "$SFC_ROOT/tmp/up")" = up' >said 2>&1
check_equal "one that asks for what the service did proves something" "$? $(grep -c 'proves nothing' said)" "0 0"
rm -f out.sfc
check_equal "what it does while nothing runs is not traced" \
	"$(slim --keep-manifest m.db --probe 'cat "$SFC_ROOT/etc/conf.d/two" && test -e "$SFC_ROOT/tmp/up"' >/dev/null 2>&1
	sqlite3 m.db "SELECT sum(count) FROM accesses WHERE path = '/etc/conf.d/two' AND op = 'open'")" 1
rm -f out.sfc
# it waits for the service: that is given up after half a second, and is no reason to fail
slim --probe 'until test -e "$SFC_ROOT/tmp/up"; do sleep 0.05; done' >said 2>&1
check_equal "one that waits proves something" "$? $(grep -c 'proves nothing' said)" "0 0"

check "verify says so, too" sh -c 'sfc verify --root "$0/root" --network none --ready "test -e \$SFC_ROOT/tmp/up" --probe true "$0/out.sfc" >said 2>&1' "$dir"
cat said
check "of the probe" grep -q 'it proves nothing$' said
check "and of the log" grep -q "only the package's run says:" said
finish
