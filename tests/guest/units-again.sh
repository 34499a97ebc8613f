#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In a guest, by tests/t-guest-units.sh, at its second boot: what was up is up again, what was stopped is not.
# shellcheck disable=SC2317 # called by wait_for
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"
SFC_STATE=/var/lib/sfc

log() { sed 's/^[^ ]* [^ ]* [FP] //' "/var/lib/sfc/app/web/$1/log"; }
unit_is() { [ "$(systemctl is-active "sfc-web@$1.service")" = "$2" ]; }

check "after a boot the units are active" wait_for 60 unit_is 2 active
for one in 1 r; do check "web/$one, too" wait_for 60 unit_is $one active; done
check_equal "what was up is up, what was stopped is not" \
	"$(for one in 1 2 r 3; do about web/$one .state; done | tr '\n' ' ')" "running running running stopped "
check_equal "their main processes are conmon" "$(systemctl show -P MainPID sfc-web@1.service)" "$(about web/1 .conmon)"
check_equal "at shutdown it was asked as its image says" "$(log 1 | tail -n 2)" "asked to stop
started 1"
check_equal "and ended well" "$(about web/1 '.runs[1].status')" 0
check_equal "what they wrote is there" "$(sfc prod exec web/3 true 2>/dev/null; sort -u /var/lib/sfc/app/web/3/layer/upper/data/starts)" start
check "the journal knows of the boot before" sh -c 'journalctl -o cat -b -1 -u sfc-web@r.service | grep -q "Scheduled restart job"'
check "disable" sfc prod disable web
check_equal "nothing is wanted at boot" "$(find /etc/systemd/system -name 'sfc-*')" ""
check_equal "what runs goes on" "$(about web/1 .state)" running
check "rm" sfc prod rm web --all --grace 5
# shellcheck disable=SC2119 # all of it
check_equal "nothing is left" "$(prod_leftovers)$(systemctl list-units --all --plain --no-legend 'sfc-*')" ""
check_equal "systemd is content" "$(systemctl --failed --plain --no-legend)" ""
finish
