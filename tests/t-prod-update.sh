#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc prod: update, rollback, and what is left after a crash at any point.
# shellcheck disable=SC2016 # programs in quotes
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"
[ ! -e "$srcdir/scripts/sfc-prod" ] || skip "update, boot and repair are being ported"

busybox_package one.sfc app 'trap "exit 0" TERM; echo up; echo data >>/data/kept; while :; do sleep 0.1; done # one'
busybox_package two.sfc app 'trap "exit 0" TERM; echo up; echo data >>/data/kept; while :; do sleep 0.1; done # two'
busybox_package bad.sfc app 'echo broken; exit 3'
hex_one=$(sha256sum <one.sfc | cut -d ' ' -f 1)
hex_two=$(sha256sum <two.sfc | cut -d ' ' -f 1)
root=$SFC_STATE/prod/app/instances

base() { sfc prod list app --json | jq -r '.[0].package, .[0].instances[].package' | sort -u | tr '\n' ' '; }
states() { sfc prod list app --json | jq -r '[.[0].instances[].state] | join(" ")'; }
readiness() { jq -r .ready "$root"/[123]/instance.json | sort -u; }
version() { sfc prod exec app "$1" cat /etc/main.sh | sed -n 's/.*# //p'; }

# --- update and rollback
check "install" sfc prod install one.sfc
check "three instances" sfc prod start app --count 3 --ready 'test -s /proc/$SFC_PID/root/data/kept'
sfc prod exec app 2 sh -c 'echo "# mine" >>/etc/main.sh; echo x >/etc/other'
sfc prod exec app 3 rm /etc/main.sh
check_equal "a dry run says what is hidden and changes nothing" "$(sfc prod update app two.sfc --dry-run; base)" \
	"app/2: /etc/main.sh: its own copy hides the change
app/3: /etc/main.sh: it deleted the file, which hides the change
$hex_one "
sfc prod exec app 2 rm /etc/main.sh >/dev/null
sfc prod stop app 2 3 --timeout 0
rm "$root/2/upper/etc/main.sh" "$root/3/upper/etc/main.sh"
sfc prod start app --name 2 >/dev/null
check "update" sfc prod update app two.sfc
check_equal "all stand on the new base" "$(base)" "$hex_two "
check_equal "those that ran run, the stopped one is stopped" "$(states)" "running running stopped"
check_equal "the new file is seen" "$(version 1)" two
check_equal "what they wrote is kept" "$(sfc prod exec app 1 cat /data/kept | wc -l)" 2
check_fails "a base that does not come up is not kept" 1 "*app/[12] ended*status 3*back on sha256:$hex_two" sfc prod update app bad.sfc
check_equal "all are back" "$(base)$(states)" "$hex_two running running stopped"
check_equal "the bad package is gone" "$(find "$SFC_STATE/packages" -name '*.sfc' | wc -l)" 2
busybox_package done.sfc app 'echo done'
check_fails "a base that ends at once and well is not kept either" 1 "*app/[12] ended*with status 0*back on sha256:$hex_two" sfc prod update app done.sfc
busybox_package later.sfc app 'sleep 3; exit 3 # later'
check_fails "nor one whose first instance dies while the next is updated" 1 "*app/1 ended*status 3*back on sha256:$hex_two" \
	sfc prod update app later.sfc --ready "test \$SFC_INSTANCE = 1 || ! grep -q later /proc/\$SFC_PID/root/etc/main.sh || test -e '$root/1/exit'"
check_equal "all are back once more" "$(base)$(states)" "$hex_two running running stopped"
check_equal "and ready when they were before" "$(readiness)" 'test -s /proc/$SFC_PID/root/data/kept'
check "rollback" sfc prod rollback app
check_equal "all stand on the old base" "$(base)" "$hex_one "
check_equal "the old file is seen" "$(version 2)" one
# killed while the first instance is not yet ready on the new base
setsid sfc prod update app two.sfc --ready 'sleep 2; test -s /proc/$SFC_PID/root/data/kept' >/dev/null 2>&1 &
update=$!
wait_for 30 jq -e --arg hex "$hex_two" '.package == $hex' "$root/1/instance.json"
check "an update is killed half-way" kill -9 "-$update"
wait "$update" 2>/dev/null
check "is undone by rollback" sfc prod rollback app
check_equal "and all is as it was" "$(base)$(states)" "$hex_one running running stopped"
check_equal "also when they are ready" "$(readiness)" 'test -s /proc/$SFC_PID/root/data/kept'

# --- kill -9
for name in 1 2; do
	sfc prod restart app $name >/dev/null
done
read -r supervisor _ <"$root/1/supervisor"
read -r program _ <"$root/1/pid"
kill -9 "$program"
check "a killed program is seen" wait_for 5 instance_is app 1 failed
check_equal "its supervisor took it down" "$(grep -c "$root/1/" /proc/self/mountinfo)" 0
read -r supervisor _ <"$root/2/supervisor"
read -r program _ <"$root/2/pid"
kill -9 "$supervisor"
sleep 0.2
check "an instance outlives its supervisor" wait_for 30 instance_is app 2 orphaned
sfc prod repair >repair.out
check "repair says so" grep -q "app/2: .*supervisor" repair.out
read -r supervisor _ <"$root/2/supervisor"
check "and it has one again" kill -0 "$supervisor"
kill -9 "$supervisor" "$program"
check "both killed" wait_for 30 instance_is app 2 failed
check_equal "its keeper knew the true status" "$(sfc prod list app --json | jq '.[0].instances[] | select(.name == "2").status')" 137
check "repair takes it down" sh -c 'sfc prod repair | grep -q "app/2: had died"'
check_equal "nothing of it is mounted" "$(grep -c "$root/2/" /proc/self/mountinfo)" 0
check "it starts again" sfc prod start app --name 2
check_equal "with its data" "$(sfc prod exec app 2 head -n 1 /data/kept)" data
kill -9 "$(instance_pid app 2)" "$(cut -d ' ' -f 1 "$root/2/supervisor")" "$(cut -d ' ' -f 1 "$root/2/keeper")"
check "nobody saw it end" wait_for 30 instance_is app 2 lost
check "start repairs by itself" sfc prod start app
check_equal "all run" "$(states)" "running running running"

# --- half-made things
: >"$SFC_STATE/packages/.new.1"
mkdir "$root/.new.9" "$SFC_STATE/prod/half"
loop=$(losetup --find --show --read-only "$SFC_STATE/packages/$hex_one.sfc")
sfc prod repair >repair.out
check "a loop device that is not mounted is let go" grep -q "^detached $loop," repair.out
check_equal "and the one that is stays" "$(losetup -j "$SFC_STATE/packages/$hex_one.sfc" | grep -c .)" 1
loop=$(losetup --find --show --read-only "$SFC_STATE/packages/$hex_one.sfc")
exec 7<"$loop"
losetup -d "$loop"
check_equal "a loop device that goes with its last user is there" \
	"$(losetup --list --noheadings --output AUTOCLEAR "$loop" | tr -d ' ')" 1
check_equal "and is left to it" "$(sfc prod repair | grep -c "$loop")" 0
exec 7<&-
check_equal "half-made things are named and removed" "$(grep -v ^detached repair.out | sed 's/ .*new/ new/' | sort)" \
	"app: new.9'
half: removed, it was never wholly installed
removed new.1'"
check_equal "a second repair finds nothing" "$(sfc prod repair)" ""
sfc prod stop app >/dev/null
umount "$SFC_STATE/mounts/$hex_one"
printf X | dd of="$SFC_STATE/packages/$hex_one.sfc" bs=1 seek=5000 conv=notrunc 2>/dev/null
check_fails "a package altered on disk is not mounted" 1 "*was altered*" sfc prod start app --name 1
cp one.sfc "$SFC_STATE/packages/$hex_one.sfc"

# --- two at once
for i in 1 2 3 4; do
	(sfc prod start app --count 2 >"start.$i" 2>&1) &
done
wait
check_equal "eight from four terminals at once" "$(cat start.* | grep -c started)" 8
check_equal "and the names are all different" "$(cat start.* | sort -u | grep -c started)" 8
check_equal "nothing else is said" "$(cat start.* | grep -v started)" ""

# --- at boot
export SFC_UNIT_DIR="$dir/units"
check "enable" sfc prod enable app
check "the unit is wanted" test -f "$dir/units/multi-user.target.wants/sfc@app.service"
check "it names the state directory" grep -q "SFC_STATE=$SFC_STATE" "$dir/units/sfc@.service"
sfc prod stop app 2 >/dev/null
check "shutdown" sfc prod shutdown app
check "boot" sfc prod boot app
check_equal "what was up is up, what was stopped is not" "$(sfc prod list app --json | jq '[.[0].instances[] | select(.state == "running")] | length'; instance_pid app 2)" 9
check "disable" sfc prod disable app
check "rm all" sfc prod rm app --all --timeout 0
check_equal "nothing is left mounted" "$(grep -c "$SFC_STATE" /proc/self/mountinfo)" 0
finish
