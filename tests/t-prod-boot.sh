#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc prod enable on a machine that boots with systemd: instances come up, and go down in order.
# shellcheck disable=SC2016,SC2317,SC2094 # programs in quotes; called by wait_for; no file
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"
# shellcheck source=tests/boot.sh
. "$srcdir/tests/boot.sh"

boot_root conmon,crun,runc,golang-github-containers-common
mkdir state
busybox_package web.sfc web '
trap "echo asked to stop; exit 0" USR1
trap "echo terminated; exit 1" TERM
trap "exit 3" USR2
echo "started $SFC_INSTANCE"; echo start >>/data/starts
while :; do sleep 0.1; done' SIGUSR1
cp web.sfc "$boot_root/root/"
log() { sed 's/^[^ ]* [^ ]* [FP] //' "state/app/web/$1/log"; }
inside() { boot_run sfc prod inspect "web/$1" --json | jq -r ".[0] | $2"; }
state() { inside "$1" .state; }
is_now() { [ "$(state "$1")" = "$2" ]; }
starts() { wc -l <"state/app/web/$1/layer/upper/data/starts"; }
unit() { boot_run systemctl is-active "sfc-web@$1.service"; }
unit_is() { [ "$(unit "$1")" = "$2" ]; }
main_of() { boot_run systemctl show -P MainPID "sfc-web@$1.service"; }
is_main() { [ "$(main_of "$1")" = "$(inside "$1" .conmon)" ]; }

# --- the first boot
boot_up --bind="$dir/state:/var/lib/sfc" || { fail "it boots"; finish; }
check "install" boot_run sfc prod install /root/web.sfc
check "three instances" boot_run sfc prod start web --count 3 --ready 'test -s /var/lib/sfc/app/web/$SFC_INSTANCE/log'
check_equal "sfc run, where systemd is process 1" "$(boot_run sfc run -q /root/web.sfc -- busybox echo runs 2>&1)" runs
check_equal "with a limit" "$(boot_run sfc run -q --memory 32M /root/web.sfc -- busybox echo runs 2>&1)" runs
check "one is stopped" boot_run sfc prod stop web/3
check "enable" boot_run sfc prod enable web
check_equal "what runs is stopped with the machine" "$(unit 1) $(unit 2) $(unit 3)" "active active inactive"
check "its main process is conmon" is_main 1
in_unit() { boot_run sh -c 'cat /proc/$0/cgroup' "$(main_of "$1")" | grep -q "sfc-web@$1.service"; }
check "which is in the unit, though it was there before" in_unit 1
check_equal "the units have nothing to complain of" "$(boot_run systemd-analyze verify --man=no sfc-web@1.service sfc-web.target 2>&1)" ""
boot_down
check_equal "at shutdown each got its image's signal" "$(log 1 | tail -n 1) $(log 2 | tail -n 1)" "asked to stop asked to stop"

# --- the second boot
boot_up --bind="$dir/state:/var/lib/sfc" || { fail "it boots again"; finish; }
check "after a boot the units are active" wait_for 30 unit_is 2 active
wait_for 30 unit_is 1 active
check_equal "what was up is up, what was stopped is not" "$(state 1) $(state 2) $(state 3)" "running running stopped"
check_equal "its status before is known" "$(inside 1 '.runs[1].status')" 0
check_equal "with what they wrote" "$(starts 1) $(starts 3)" "2 1"
check "conmon is in the unit" in_unit 1
boot_run journalctl -u sfc-web@1.service >journal 2>/dev/null
check "the journal has what was said of it" grep -q 'web/1\|sfc-web@1\|sfc web/1' journal

# --- who starts it again
check "one that is to be started again" boot_run sfc prod start web/new --restart on-failure:2
check "its unit has it" is_main new
before=$(inside new .pid)
boot_run sh -c "kill -USR2 $before"
again() { [ "$(inside new .pid)" != "$before" ] && [ "$(state new)" = running ] && is_main new; }
check "systemd starts it again, in its unit" wait_for 30 again
for i in 1 2 3; do
	before=$(inside new .pid)
	boot_run sh -c "kill -USR2 $before" 2>/dev/null
	wait_for 10 again || break
done
check "but not for ever" wait_for 30 unit_is new failed
check_equal "then it stays so" "$(state new)" failed
boot_run systemctl reset-failed sfc-web@new.service
check "until it is started by hand" boot_run sfc prod start web/new
check "when its unit has it again" is_main new
check "sfc prod stop" boot_run sfc prod stop web/new
check "stops it for good" wait_for 30 unit_is new inactive
check_equal "nobody starts it again" "$(sleep 2; state new)" stopped

# --- by systemctl
check "systemctl stop" boot_run systemctl stop sfc-web.target
check "stops them in order" wait_for 30 is_now 1 exited
check_equal "with the image's signal" "$(log 1 | tail -n 1) $(log 2 | tail -n 1)" "asked to stop asked to stop"
check_equal "and leaves no process" "$(boot_run systemctl show -P TasksCurrent sfc-web@1.service)" "[not set]"
check_equal "nor mount" "$(boot_run grep -c ' /run/sfc' /proc/self/mountinfo)" 0
check "systemctl start" boot_run systemctl start sfc-web.target
check "brings all back that were wanted" wait_for 30 is_now 2 running
check_equal "and no other" "$(state 1) $(state 3) $(state new)" "running stopped stopped"

# --- a worker's end for want of memory, and one that cannot start
boot_run sfc prod stop web/2
# its program is deleted: that is seen before it could end
mkdir -p state/app/web/2/layer/upper/bin
mknod state/app/web/2/layer/upper/bin/busybox c 0 0
check_fails "one that does not come up says so" 1 "*web/2*/bin/sh*" boot_run sfc prod start web/2
check_equal "and keeps no other down" "$(unit 1) $(state 1)" "active running"
boot_run systemctl start sfc-web@2.service 2>/dev/null
unit_is() { [ "$(unit "$1")" = "$2" ]; }
check "its unit has failed" wait_for 15 unit_is 2 failed

# --- who watches one is killed, and one that has failed is removed
check "one that comes back" boot_run sfc prod start web/k --restart on-failure
before=$(inside k .pid)
boot_run sh -c "kill -9 $(inside k .conmon)"
again() { [ "$(inside k .pid)" != "$before" ] && [ "$(state k)" = running ] && is_main k; }
check "and who watches it is killed: both begin again" wait_for 30 again
check_equal "once" "$(boot_run systemctl show -P NRestarts sfc-web@k.service)" 1
boot_run sh -c "kill -9 $(inside k .pid)"
check "rm" boot_run sfc prod rm web/k web/2 --grace 1
check_equal "no unit of what is gone has failed" "$(boot_run systemctl --failed --plain --no-legend 'sfc-web@*')" ""
check "disable" boot_run sfc prod disable web
check_equal "nothing is wanted at boot" "$(find "$boot_root/etc/systemd/system" -name "sfc-*")" ""
check_equal "what runs goes on" "$(state 1)" running
check "rm" boot_run sfc prod rm web --all --grace 1
boot_down
check_equal "the store is empty" "$(find state/store/kept state/app -type f)" ""
finish
