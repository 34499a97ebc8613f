#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In a guest, by tests/t-guest-units.sh, before its second boot: sfc prod enable writes a unit an instance; systemd
# starts it again, stops it in order and keeps its journal; each container has a scope of its own.
# shellcheck disable=SC2016,SC2317 # programs in quotes; called by wait_for
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"
# what is up stays so until the machine goes down
cleanups=
SFC_STATE=/var/lib/sfc

busybox_package web.sfc web '
trap "echo asked to stop; exit 0" USR1
trap "exit 3" USR2
echo "started $SFC_INSTANCE"; echo start >>/data/starts
case ${WHAT:-} in
worker) sh -c "x=0123456789abcdef; while :; do x=\$x\$x; done"; echo "worker $?" ;;
memory) sleep 2; x=0123456789abcdef; while :; do x=$x$x; done ;;
esac
while :; do sleep 0.1; done' SIGUSR1
log() { sed 's/^[^ ]* [^ ]* [FP] //' "/var/lib/sfc/app/web/$1/log"; }
shows() { systemctl show -P "$2" "sfc-web@$1.service"; }
unit_is() { [ "$(systemctl is-active "sfc-web@$1.service")" = "$2" ]; }
group_of_process() { sed 's/^0:://' "/proc/$1/cgroup"; }

check "install" sfc prod install web.sfc
check "three instances" sfc prod start web --count 3 --ready 'test -s /var/lib/sfc/app/web/$SFC_INSTANCE/log'
check "one is stopped" sfc prod stop web/3
check "enable" sfc prod enable web
check_equal "what is enabled" "$(systemctl is-enabled sfc-web.target sfc-web@1.service)" "enabled
enabled"
check_equal "the units have nothing to complain of" "$(systemd-analyze verify --man=no sfc-web@1.service sfc-web.target 2>&1)" ""
check_equal "what is up is active, what was stopped is not" "$(systemctl is-active sfc-web@1.service sfc-web@2.service sfc-web@3.service | tr '\n' ' ')" "active active inactive "
check_equal "the unit's main process is conmon" "$(shows 1 MainPID)" "$(about web/1 .conmon)"
check_equal "which is in the unit's group" "$(group_of_process "$(about web/1 .conmon)")" "/system.slice/system-sfc\\x2dweb.slice/sfc-web@1.service"
check_equal "and the instance in a scope of its own" "$(group_of_process "$(instance_pid web/1)" | sed 's|/container$||; s|.*/||; s/-[0-9a-f]*-[0-9]*\.scope$//' )" sfc-web-1

# --- killed, and started again by systemd
check "one that is to come back" sfc prod start web/r --restart on-failure
check "has a unit of its own" unit_is r active
before=$(instance_pid web/r)
kill -9 "$before"
again() { [ "$(instance_pid web/r)" != "$before" ] && instance_is web/r running && unit_is r active; }
check "it is killed: systemd starts it again" wait_for 60 again
check_equal "in its unit" "$(shows r MainPID)" "$(about web/r .conmon)"
before=$(instance_pid web/r)
kill -9 "$(about web/r .conmon)"
check "who watches it is killed: both begin again" wait_for 60 again
check_equal "there is one of it" "$(pgrep -fc "conmon.*name web-r-")" 1
check_equal "systemd has counted" "$(shows r NRestarts)" 2

# --- memory that is short, under a unit
check "one with a worker" sfc prod start web/w -m 32M -e WHAT=worker
check "that takes too much" wait_for 60 sh -c "sfc prod logs web/w | grep -q 'worker 137'"
check_equal "is up" "$(about web/w .state) $(systemctl is-active sfc-web@w.service)" "running active"
check_equal "and it is said" "$(sfc ps web/w | grep -c 'one of its processes was killed: out of memory, limit 32 MB')" 1
check "one that takes too much itself" sfc prod start web/m -m 32M -e WHAT=memory
check "has failed" wait_for 60 unit_is m failed
check "and it is said why" wait_for 30 sh -c 'sfc ps web/m | grep -q "web/m  *failed (137): killed: out of memory, limit 32 MB"'
check "rm" sfc prod rm web/m web/w --grace 1
check_equal "their units go with them" "$(find /etc/systemd/system -name 'sfc-web@[mw].service')" ""

# --- its journal
journalctl --sync
journalctl -o cat -u sfc-web@r.service >journal
check "the journal has its starts and ends" grep -q 'Started sfc-web@r.service\|Started sfc web/r' journal
check_equal "and that it was to come back" "$(grep -c 'Scheduled restart job' journal)" 2

# --- systemctl
check "systemctl stop" systemctl stop sfc-web@2.service
check_equal "asks as the image says" "$(log 2 | tail -n 1)" "asked to stop"
check_equal "it is over" "$(about web/2 .state)" exited
check "systemctl start" systemctl start sfc-web@2.service
check_equal "brings it back" "$(about web/2 .state)" running
check "systemctl restart of all" systemctl restart sfc-web.target
check_equal "brings back what was wanted" "$(about web/1 .state) $(about web/2 .state) $(about web/3 .state)" "running running stopped"
check_equal "systemd is content" "$(systemctl --failed --plain --no-legend)" ""
finish
