#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc prod enable on a machine that boots with systemd: instances come up, and go down in order.
# shellcheck disable=SC2016,SC2317,SC2094 # programs in quotes; called by wait_for; no file
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"
[ ! -e "$srcdir/scripts/sfc-prod" ] || skip "update, boot and repair are being ported"
# shellcheck source=tests/boot.sh
. "$srcdir/tests/boot.sh"

boot_root runc,jq,golang-github-containers-common
mkdir state
busybox_package web.sfc web '
trap "echo asked to stop; exit 0" USR1
trap "echo terminated; exit 1" TERM
echo "started $SFC_INSTANCE"; echo start >>/data/starts
while :; do sleep 0.1; done' SIGUSR1
cp web.sfc "$boot_root/root/"
log() { cat "state/prod/web/instances/$1/log"; }
state() { boot_run sfc prod list web --json | jq -r --arg i "$1" '.[0].instances[] | select(.name == $i).state'; }
starts() { wc -l <"state/prod/web/instances/$1/upper/data/starts"; }

# --- the first boot
boot_up --bind="$dir/state:/var/lib/sfc" || { fail "it boots"; finish; }
check "install" boot_run sfc prod install /root/web.sfc
check "three instances" boot_run sfc prod start web --count 3 --ready 'test -s /var/lib/sfc/prod/web/instances/$SFC_INSTANCE/log'
check_equal "sfc run, where systemd is process 1" "$(boot_run sfc run -q /root/web.sfc -- busybox echo runs 2>&1)" runs
check_equal "with a limit" "$(boot_run sfc run -q --memory 32M /root/web.sfc -- busybox echo runs 2>&1)" runs
check "one is stopped" boot_run sfc prod stop web 3
check "enable" boot_run sfc prod enable web
check_equal "what runs is stopped with the machine" "$(boot_run systemctl is-active sfc@web)" active
check_equal "the unit has nothing to complain of" "$(boot_run systemd-analyze verify --man=no sfc@web.service 2>&1)" ""
boot_down
check_equal "at shutdown each got its image's signal" "$(log 1 | tail -n 1) $(log 2 | tail -n 1)" "asked to stop asked to stop"
check_equal "and its status is known" "$(cat state/prod/web/instances/1/exit state/prod/web/instances/2/exit)" "0
0"

# --- the second boot
boot_up --bind="$dir/state:/var/lib/sfc" || { fail "it boots again"; finish; }
check_equal "after a boot the unit is active" "$(boot_run systemctl is-active sfc@web)" active
check_equal "what was up is up, what was stopped is not" "$(state 1) $(state 2) $(state 3)" "running running stopped"
check_equal "with what they wrote" "$(starts 1) $(starts 3)" "2 1"
boot_run systemctl status sfc@web.service >status
check "the status names them" grep -q 'Status: "running: 1 2, 3 stopped"' status
check "and shows what boot said" grep -q 'web/1 started' status
kill_one() { boot_run sh -c 'read -r pid _ </var/lib/sfc/prod/web/instances/2/pid; kill -9 $pid'; }
check "an instance dies" kill_one
dead_is_seen() { boot_run systemctl status sfc@web.service | grep -q 'Status: "running: 1, 2 failed'; }
check "the status knows" wait_for 30 dead_is_seen
check "systemctl stop" boot_run systemctl stop sfc@web
check_equal "stops them in order" "$(state 1) $(log 1 | tail -n 1)" "exited asked to stop"
check_equal "and leaves no process" "$(boot_run systemctl show -P TasksCurrent sfc@web)" "[not set]"
check_equal "nor mount" "$(boot_run grep -c instances /proc/self/mountinfo)" 0
check "systemctl start" boot_run systemctl start sfc@web
check_equal "brings all back that were wanted" "$(state 1) $(state 2) $(state 3)" "running running stopped"

# --- one that cannot start
boot_run sfc prod stop web 1
rm -rf state/prod/web/instances/2/upper/etc
mkdir -p state/prod/web/instances/2/upper/etc
boot_run systemctl stop sfc@web
echo 'exit 3' >state/prod/web/instances/2/upper/etc/main.sh
boot_run sfc prod start web --name 1
boot_run systemctl start sfc@web
check_equal "one that does not come up does not keep the others down" \
	"$(boot_run systemctl is-active sfc@web) $(state 1) $(state 2)" "active running failed"
boot_run sfc prod stop web 1
boot_run systemctl restart sfc@web 2>/dev/null
check_equal "when none comes up the unit has failed" "$(boot_run systemctl is-active sfc@web)" failed
check "disable" boot_run sfc prod disable web
check_equal "nothing is wanted at boot" "$(find "$boot_root/etc/systemd/system/multi-user.target.wants" -name "sfc@*")" ""
check "rm" boot_run sfc prod rm web --all --timeout 1
boot_down
check_equal "the store is empty" "$(find state/packages state/prod -type f)" ""
finish
