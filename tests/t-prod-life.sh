#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc prod: how an instance lives and ends: restarts, memory that is short, who watches it killed, a reboot, many.
# shellcheck disable=SC2016,SC2317 # programs in quotes; called by wait_for
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"

busybox_package app.sfc app '
trap "exit 0" TERM
echo run >>/data/runs
case ${WHAT:-} in
end) sleep "${AFTER:-0.4}"; exit "${STATUS:-3}" ;;
memory) x=0123456789abcdef; while :; do x=$x$x; done ;;
talk) while :; do echo word; sleep 0.05; done ;;
deaf) trap "echo no" TERM; while :; do sleep 0.1; done ;;
esac
while :; do sleep 0.1; done'
busybox_package other.sfc other 'while :; do sleep 0.1; done'
sfc prod install app.sfc >/dev/null 2>&1
sfc prod install other.sfc >/dev/null 2>&1
run_of() { sqlite3 "$SFC_STATE/state.db" "SELECT $2 FROM run WHERE app || '/' || instance = '$1' ORDER BY id DESC LIMIT 1"; }
# runs APP/I N: so many runs of it have begun
runs() { [ "$(sqlite3 "$SFC_STATE/state.db" "SELECT count(*) FROM run WHERE app || '/' || instance = '$1'")" -ge "$2" ]; }

# --- ended by itself, and started again
check "one that ends is started again" sfc prod start app/r -e WHAT=end --restart on-failure:2
check "after its first failure" wait_for 20 runs app/r 3
check "until it was often enough" wait_for 20 instance_is app/r failed
check_equal "which is counted" "$(about app/r '[.restarts, .status]' | tr -d '\n ')" "[2,3]"
check_equal "with what it wrote before" "$(wc -l <"$SFC_STATE/app/app/r/layer/upper/data/runs")" 3
check_equal "each end is an event" "$(about app/r '[.events[] | select(.what == "ended with status 3")] | length')" 3
sfc prod start app/s -e WHAT=end -e STATUS=0 --restart on-failure >/dev/null
check "a good end is none" wait_for 10 instance_is app/s exited
sfc prod start app/a -e WHAT=end -e STATUS=0 --restart always >/dev/null
check "but for always" wait_for 20 runs app/a 3
restarting() { instance_is app/a restarting; }
check "which is seen in the pause" wait_for 20 restarting
check "stop ends that, too" sfc prod stop app/a
began=$(run_of app/a id)
sleep 1
check_equal "and it stays down" "$(run_of app/a id) $(about app/a .state)" "$began stopped"
sfc prod start app/k --restart always >/dev/null
kill -9 "$(instance_pid app/k)"
check "one that is killed comes back" wait_for 20 runs app/k 2
check "and runs" wait_for 20 instance_is app/k running
check_equal "list shows how often" "$(sfc prod list app/k | awk 'NR == 2 { print $(NF - 1) }')" 1
check "rm while it may come back" sfc prod rm app/k app/a app/r app/s --grace 0
echo "nobody instances=1" >limits.conf
sfc prod start app/l -e WHAT=end -e AFTER=0.3 --restart always --for nobody >/dev/null
check "one that ends again and again" wait_for 30 runs app/l 5
resting() { instance_is app/l restarting; }
check "rests for a while" wait_for 20 resting
check "and is no second one when it comes up" sfc prod start app/l
check "rm" sfc prod rm app/l --grace 0
rm limits.conf

# --- who waits until it is ready is killed
sfc prod start app --name w --ready 'sleep 30; false' >waits.out 2>&1 &
starter=$!
is_up() { [ "$(run_of app/w state)" = up ]; }
check "one that is to be ready is up" wait_for 20 is_up
kill -9 "$(pgrep -P "$starter")"
wait "$starter"
check_equal "when nobody waits for it any more that is no start" "$? $(cat waits.out)" \
	"1 sfc: prod: app/w: what waited until it is ready was killed"
check_equal "and leaves nothing" "$(prod_leftovers app-w-)" ""

# --- memory
check_fails "too much memory is said" 1 "*app/m ended with status 137*" sfc prod start app/m -m 24M -e WHAT=memory --ready false
sfc prod start app/m -m 24M >/dev/null
sfc prod stop app/m
sfc prod start app/m -e WHAT=memory >/dev/null 2>&1
check "one that is killed for it has failed" wait_for 20 instance_is app/m failed
check_equal "by which limit" "$(about app/m '.problem, .status' | tr '\n' ' ')" "killed: out of memory, limit 24 MB 137 "
check "for people, too" sh -c 'sfc ps app/m | grep -q "app/m  *failed (137): killed: out of memory, limit 24 MB"'
short() { [ "$(about app/m '[.events[].what | select(test("out of memory, limit 24 MB"))] | length > 0')" = true ]; }
check "it is an event" wait_for 20 short
check "rm" sfc prod rm app/m

# --- who watches it is killed
sfc prod start app/u >/dev/null
sfc prod start app/t -e WHAT=talk >/dev/null
for one in u t; do kill -9 "$(about "app/$one" .conmon)"; done
check "what is quiet lives on" wait_for 10 instance_is app/u unwatched
check_fails "but cannot be entered" 125 "*app/u*restart*mends*" sfc prod exec app/u true
check "and what talks" wait_for 10 instance_is app/t unwatched
kill -9 "$(instance_pid app/t)"
check "how that ended nobody saw" wait_for 10 instance_is app/t lost
check "a restart mends it" sfc prod restart app/u app/t
check_equal "both" "$(about app/u .state) $(about app/t .state)" "running running"
check_equal "and they are entered" "$(sfc prod exec app/u wc -l /data/runs)" "2 /data/runs"

# --- a reboot: nothing of what is noted is of this boot
sfc prod stop app/t
# who watches it first, or it may note how that ended
pids="$(about app/u .conmon) $(instance_pid app/u)"
sqlite3 "$SFC_STATE/state.db" "UPDATE run SET boot = 'another'; UPDATE claim SET boot = 'another'"
# shellcheck disable=SC2086 # two of them
kill -9 $pids
# with the kernel's groups of it, which a reboot does not keep
wait_for 10 sh -c 'find /sys/fs/cgroup -maxdepth 3 -name "app-u-*" -exec rmdir {} +'
umount -l "$SFC_STATE/store/ns" "$SFC_STATE/store"
check_equal "what ran is lost, what was stopped is stopped" "$(about app/u .state) $(about app/t .state)" "lost stopped"
check "start brings back all of it" sfc prod start app/u
check_equal "with what it wrote" "$(sfc prod exec app/u wc -l /data/runs)" "3 /data/runs"
check_equal "list shows it" "$(about app/u .state) $(about app/t .state)" "running stopped"
sfc prod stop app/u
umount -l "$SFC_STATE/store/ns" "$SFC_STATE/store"
kept=$SFC_STATE/store/kept/$(sfc prod list app --json | jq -r '.[0].package')
cp "$kept" good
chmod u+w "$kept"
printf X | dd of="$kept" bs=1 seek=5000 conv=notrunc 2>/dev/null
check_fails "a package altered on disk is not mounted" 1 "*was altered*" sfc prod start app/u
check "until it is installed again" sfc prod install app.sfc
check "and then it is" sfc prod start app/u

# --- several at once
check "rm" sfc prod rm app/u app/t
check "many start" sfc prod start app --count 12
check_equal "all of them" "$(sfc ps app --json | jq '[.[0].instances[] | select(.state == "running")] | length')" 12
check "several objects" sfc prod stop app/1 app/2 app/3
check_equal "are stopped" "$(sfc ps app --json | jq -r '[.[0].instances[] | select(.state == "stopped").name] | join(" ")')" "1 2 3"
check "and of another application" sfc prod start other/1
check "two at once, one of them whole" sfc prod restart app/1 other
check_fails "one that is not there stops nothing" 1 "*no instance '99'*" sfc prod stop app/4 app/99
check_equal "nor the others" "$(about app/4 .state)" running
check "stop --all" sfc prod stop --all
check_equal "is all" "$(sfc ps --json | jq -r '[.[].instances[].state] | unique | join(" ")')" stopped
check "start of all of one" sfc prod start app
check_equal "-q is the names" "$(sfc ps app/2 app/11 -q)" "app/2
app/11"
check "one that is deaf is killed after the grace" sfc prod start app/d -e WHAT=deaf
before=$(date +%s)
sfc prod stop app/d --grace 1 2>said
check "in time, and that is said" sh -c "grep -q 'app/d: killed' said && [ $(($(date +%s) - before)) -lt 8 ]"

# --- two terminals
for i in 1 2 3 4; do (sfc prod start app --count 2 >"start.$i" 2>&1) & done
wait
check_equal "eight from four terminals at once" "$(cat start.* | sort -u | grep -c started)" 8
(sfc prod stop app/1 >stop.1 2>&1) & (sfc prod restart app/1 >stop.2 2>&1) & (sfc prod start app/1 >stop.3 2>&1) &
wait
check_equal "one object from three: nobody complains" "$(cat stop.1 stop.2 stop.3 | grep -vc started)" 0
check_equal "what there is of it is one" "$(pgrep -f "conmon.*name app-1-$(sqlite3 "$SFC_STATE/state.db" 'SELECT substr(uuid, 1, 8) FROM state')-" | wc -l)" "$(about app/1 '.pid' | grep -c '[0-9]')"

# --- logs
check "since when" sfc prod start other/1
sfc prod start app/l -e WHAT=talk >/dev/null
sleep 1
check "logs of a while ago" sh -c '[ "$(sfc prod logs app/l --since 0.3 | wc -l)" -lt "$(sfc prod logs app/l | wc -l)" ]'
check_equal "none of the future" "$(sfc prod logs app/l --since 2099-01-01T00:00:00Z)" ""
check_fails "a time that is none" 2 "*--since is a time*" sfc prod logs app/l --since yesterday
sfc prod start app/l2 -e WHAT=talk >/dev/null
check "logs of several have names" sh -c 'sfc prod logs app/l app/l2 | grep -qx "==> app/l2 <=="'

check "rm --all" sfc prod rm --all --grace 0
check_equal "nothing is left" "$(prod_leftovers)$(ls -A "$SFC_STATE/app" "$SFC_STATE/store/kept" | grep -v ':$' | grep .)" ""
finish
