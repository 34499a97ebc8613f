#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The miss guard: what a package lacks is reported or served, and comes back into the next package.
# shellcheck disable=SC2016 # programs in quotes
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"
requires fuse
requires sqlite3 --version

mkdir -p full/bin full/etc full/opt/deep
for place in proc sys dev run tmp; do mkdir "full/$place"; done
cp "$(command -v busybox)" full/bin/busybox
for tool in sh cat sleep ls; do ln -s busybox "full/bin/$tool"; done
echo used >full/etc/used
echo unused >full/etc/unused
echo deep >full/opt/deep/file
check "dev" sfc dev create app --from full
check_equal "test" "$(sfc test app -q -- sh -c 'cat /etc/used; ls /nothing 2>/dev/null; exec cat /etc/used')" "used
used"
check "pack" sfc pack app -o one.sfc --quiet --arg sh --arg -c --arg 'trap "exit 0" TERM; while :; do sleep 0.1; done' --include /bin/sleep --include /bin/cat
check "install" sfc prod install one.sfc

for guard in report heal deny; do
	check "$guard: start" sfc prod start app --name $guard --guard $guard --guard-source app
	check_equal "$guard: a file of the package" "$(sfc prod exec app $guard cat /etc/used)" used
	check_equal "$guard: no miss yet" "$(sfc prod misses app $guard)" ""
	check "$guard: healthy" instance_is app $guard running
	wanted=
	[ $guard != heal ] || wanted="unused deep"
	check_equal "$guard: what was left out" "$(sfc prod exec app $guard sh -c 'cat /etc/unused /opt/deep/file /etc/never' 2>/dev/null | tr '\n' ' ' | sed 's/ $//')" "$wanted"
	check "$guard: the miss is known" wait_for 10 sh -c "sfc prod misses app $guard | grep -q '/etc/unused .*/bin/busybox'"
	check_equal "$guard: what never existed is no miss" "$(sfc prod misses app $guard | grep -c never)" 0
done
check "deny: unhealthy" instance_is app deny unhealthy
check "heal: healthy" instance_is app heal running
check "the next package" sfc pack app -o two.sfc --quiet --with-misses app --arg sh --arg -c --arg 'trap "exit 0" TERM; while :; do sleep 0.1; done' --include /bin/sleep --include /bin/cat
check "has what was missed" sh -c 'unsquashfs -ll two.sfc | grep -q rootfs/etc/unused'
check "update" sfc prod update app two.sfc
check_equal "report: now it is there" "$(sfc prod exec app report cat /etc/unused)" unused
check "rm" sfc prod rm app --all --timeout 1
check_equal "nothing is left mounted" "$(grep -c "$SFC_STATE" /proc/self/mountinfo)" 0
finish
