#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc prod: update, rollback, and what is left after a crash at any point.
# shellcheck disable=SC2016 # programs in quotes
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"

busybox_package one.sfc app 'trap "exit 0" TERM; echo up; echo data >>/data/kept; while :; do sleep 0.1; done # one'
busybox_package two.sfc app 'trap "exit 0" TERM; echo up; echo data >>/data/kept; while :; do sleep 0.1; done # two'
busybox_package bad.sfc app 'echo broken; exit 3'
hex_one=$(sha256sum <one.sfc | cut -d ' ' -f 1)
hex_two=$(sha256sum <two.sfc | cut -d ' ' -f 1)
root=$SFC_STATE/app/app

base() { sfc prod list app --json | jq -r '.[0].package, .[0].instances[].package' | sort -u | tr '\n' ' '; }
states() { sfc prod list app --json | jq -r '[.[0].instances[].state] | join(" ")'; }
readiness() { sfc prod list app --json | jq -r '.[0].instances[].ready' | sort -u; }
version() { sfc prod exec "app/$1" -- cat /etc/main.sh | sed -n 's/.*# //p'; }

# --- update and rollback
check "install" sfc prod install one.sfc
check "three instances" sfc prod start app --count 3 --ready 'test -s /proc/$SFC_PID/root/data/kept'
sfc prod exec app/2 -- sh -c 'echo "# mine" >>/etc/main.sh; echo x >/etc/other'
sfc prod exec app/3 -- rm /etc/main.sh
check_equal "a dry run says what is hidden and changes nothing" "$(sfc prod update app two.sfc --dry-run; base)" \
	"app/2: /etc/main.sh: its own copy hides the change
app/3: /etc/main.sh: it deleted the file, which hides the change
$hex_one "
sfc prod exec app/2 -- rm /etc/main.sh >/dev/null
sfc prod stop app/2 app/3 --grace 0
rm "$root/2/layer/upper/etc/main.sh" "$root/3/layer/upper/etc/main.sh"
sfc prod start app/2 >/dev/null
check "update" sfc prod update app two.sfc
check_equal "all stand on the new base" "$(base)" "$hex_two "
check_equal "those that ran run, the stopped one is stopped" "$(states)" "running running stopped"
check_equal "the new file is seen" "$(version 1)" two
check_equal "what they wrote is kept" "$(sfc prod exec app/1 -- cat /data/kept | wc -l)" 2
check_fails "a base that does not come up is not kept" 1 "*app/[12] ended*status 3*back on sha256:$hex_two" sfc prod update app bad.sfc
check_equal "all are back" "$(base)$(states)" "$hex_two running running stopped"
check_equal "the bad package is gone" "$(find "$SFC_STATE/store/kept" -type f | wc -l)" 2
busybox_package done.sfc app 'echo done'
check_fails "a base that ends at once and well is not kept either" 1 "*app/[12] ended*with status 0*back on sha256:$hex_two" sfc prod update app done.sfc
busybox_package later.sfc app 'sleep 3; exit 3 # later'
check_fails "nor one whose first instance dies while the next is updated" 1 "*app/1 ended*status 3*back on sha256:$hex_two" \
	sfc prod update app later.sfc --ready "test \$SFC_INSTANCE = 1 || ! grep -q later /proc/\$SFC_PID/root/etc/main.sh || sfc prod inspect app/1 --json | jq -e '.[0].pid == null'"
check_equal "all are back once more" "$(base)$(states)" "$hex_two running running stopped"
check_equal "and ready when they were before" "$(readiness)" 'test -s /proc/$SFC_PID/root/data/kept'
check "rollback" sfc prod rollback app
check_equal "all stand on the old base" "$(base)" "$hex_one "
check_equal "the old file is seen" "$(version 2)" one
# killed while the first instance is not yet ready on the new base
setsid sfc prod update app two.sfc --ready 'sleep 2; test -s /proc/$SFC_PID/root/data/kept' >/dev/null 2>&1 &
update=$!
stands_on() { [ "$(about "app/$1" .package)" = "$2" ]; }
wait_for 30 stands_on 1 "$hex_two"
check "an update is killed half-way" kill -9 "-$update"
wait "$update" 2>/dev/null
check "is undone by rollback" sfc prod rollback app
check_equal "and all is as it was" "$(base)$(states)" "$hex_one running running stopped"
check_equal "also when they are ready" "$(readiness)" 'test -s /proc/$SFC_PID/root/data/kept'

# --- who does not fit, and what is asked wrongly
cp "$(command -v busybox)" text.sfc
check_fails "what is no package" 1 "*not a package*" sfc prod update app text.sfc
check_fails "another digest than was asked for" 1 "*not what was asked for*" sfc prod update app two.sfc --digest sha256:00
check_fails "to which package?" 2 "*update app to which package?*" sfc prod update app
check_fails "of which application?" 2 "*which application?*" sfc prod rollback
check_fails "an application that is not there" 1 "*no application 'none'*" sfc prod update none two.sfc
check_equal "the same again changes nothing" "$(sfc prod update app one.sfc)" "app stands on sha256:$hex_one already"
check_equal "and starts nothing anew" "$(base)$(states)" "$hex_one running running stopped"
before=$(sqlite3 "$SFC_STATE/state.db" "UPDATE app SET updating = previous; SELECT previous FROM app")
check "one that was interrupted can end where it began" sfc prod update app one.sfc
check_equal "and what was before that stays so" "$(sqlite3 "$SFC_STATE/state.db" "SELECT previous, updating FROM app")" "$before|"
check_equal "with its package" "$(base)$(states) $(sqlite3 "$SFC_STATE/state.db" "SELECT count(*) FROM package")" \
	"$hex_one running running stopped 2"

# --- kill -9
for name in 1 2; do
	sfc prod restart app/$name >/dev/null
done
kill -9 "$(instance_pid app/1)"
check "a killed program is seen" wait_for 5 instance_is app/1 failed
check "and taken down" wait_for 10 sh -c "test -z \"\$(ls '$SFC_STATE/run' | grep '^app-1-')\""
check_equal "nothing of it is left" "$(prod_leftovers app-1-)" ""
conmon=$(about app/2 .conmon)
kill -9 "$conmon"
check "an instance outlives its conmon" wait_for 30 instance_is app/2 unwatched
check "which is said" sh -c 'sfc prod list app/2 | grep -q "unwatched"'
check "a restart mends it" sfc prod restart app/2
check "and it is watched again" instance_is app/2 running
kill -9 "$(about app/2 .conmon)" "$(instance_pid app/2)"
check "both killed: nobody saw it end" wait_for 30 instance_is app/2 lost
sfc doctor --repair >repair.out
check "repair takes it down" grep -q "^app/2: had died; taken down ('sfc prod start app/2' starts it)" repair.out
check_equal "nothing of it is left" "$(prod_leftovers app-2-)" ""
check "it starts again" sfc prod start app/2
check_equal "with its data" "$(sfc prod exec app/2 -- head -n 1 /data/kept)" data
kill -9 "$(about app/2 .conmon)" "$(instance_pid app/2)"
check "lost once more" wait_for 30 instance_is app/2 lost
check "start repairs by itself" sfc prod start app
check_equal "all run" "$(states)" "running running running"

# --- half-made things
uuid=$(sqlite3 "$SFC_STATE/state.db" "SELECT substr(uuid, 1, 8) FROM state")
mkdir "$root/9" "$SFC_STATE/app/half" "$SFC_STATE/run/app-9-$uuid-9999"
cp two.sfc "$SFC_STATE/store/kept/$(printf 0%.0s $(seq 64))"
sqlite3 "$SFC_STATE/state.db" "INSERT INTO instance (app, name, package, asked, user, ephemeral, wanted, created_ns, state)
	SELECT app, '8', package, asked, user, 0, 'up', 1, 'making' FROM instance WHERE name = '1'"
group=$(find /sys/fs/cgroup -maxdepth 3 -path "*/sfc/app-1-$uuid-*" | head -n 1)
[ -z "$group" ] || mkdir "${group%/*}/app-9-$uuid-9998"
mkdir "$SFC_STATE/app/busy"
sqlite3 "$SFC_STATE/state.db" "INSERT INTO claim VALUES ('app/busy', $$, $(cut -d' ' -f22 /proc/$$/stat),
	$(stat -L -c %i /proc/self/ns/pid), '$(cat /proc/sys/kernel/random/boot_id)', 1)"
sfc doctor --repair >repair.out
check_equal "half-made things are named and removed" "$(sed '/^ok /,$d' repair.out | sort)" "app: removed the half-made instance '8'
app: removed the half-made instance '9'
half: removed, it was never wholly installed
removed the package sha256:$(printf 0%.0s $(seq 64)), which no application uses
${group:+removed what was left of the container 'app-9-$uuid-9998'
}removed what was left of the container 'app-9-$uuid-9999'"
check "what somebody is making is not said to be removed, nor is it" test -d "$SFC_STATE/app/busy"
sqlite3 "$SFC_STATE/state.db" "DELETE FROM claim WHERE object = 'app/busy'"
rmdir "$SFC_STATE/app/busy"
check_equal "a second repair finds nothing" "$(sfc doctor --repair | sed '/^ok /,$d')" ""
check_equal "and all run" "$(states)" "running running running"

# --- at boot
export SFC_UNIT_DIR="$dir/units"
check "enable" sfc prod enable app
check "the application is wanted" test -f "$dir/units/multi-user.target.wants/sfc-app.target"
check_equal "and with it each instance" "$(cd "$dir/units/sfc-app.target.wants" && echo *)" "sfc-app@1.service sfc-app@2.service sfc-app@3.service"
check "a unit names the state directory" grep -qx "Environment=\"SFC_STATE=$SFC_STATE\"" "$dir/units/sfc-app@1.service"
sfc prod stop app/2 >/dev/null
check "what was up is to be up" sfc prod _wanted app/1
check_equal "what was stopped is not" "$(sfc prod _wanted app/2; echo $?)" 1
check "a unit stops its instance" sfc prod _unit-stop app/1
check_equal "which is to be up all the same" "$(about app/1 .wanted) $(about app/1 .state)" "up exited"
check "a unit starts it" sfc prod _unit-start app/1
check "it runs" instance_is app/1 running
check "one more" sfc prod start app --name new --env A=b
check "has a unit, too" test -f "$dir/units/sfc-app.target.wants/sfc-app@new.service"
check "and when it is removed" sfc prod rm app/new --grace 0
check "it has none" test ! -e "$dir/units/sfc-app@new.service"
check "disable" sfc prod disable app
check_equal "nothing is left of the units" "$(find "$dir/units" -name 'sfc-*')" ""
check_fails "what is not enabled" 1 "*'app' is not enabled*" sfc prod disable app
check "enable once more" sfc prod enable app
check "rm all" sfc prod rm app --all --grace 0
check_equal "takes the units along" "$(find "$dir/units" -name 'sfc-*')" ""
check_equal "nothing is left" "$(prod_leftovers)" ""
check_equal "nor in the store" "$(ls -A "$SFC_STATE/store/kept" "$SFC_STATE/app")" "$SFC_STATE/app:

$SFC_STATE/store/kept:"
finish
