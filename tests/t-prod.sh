#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc prod: install, start, stop, exec, logs, limits, ports, removal.
# shellcheck disable=SC2016,SC2010,SC2317 # programs in quotes; names we chose
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"

# Every visit is written down; the program ends well when asked to.
web='
trap "echo bye; exit 0" TERM
echo "started $SFC_INSTANCE with ${GREETING:-nothing}"
echo "start" >>/data/starts
mkdir -p /data/www; echo "$SFC_INSTANCE ${GREETING:-}" >/data/www/index.html
[ -z "${PORT:-}" ] || httpd -p "$PORT" -h /data/www
while :; do sleep 0.1; done'
busybox_package web.sfc web "$web"
digest=sha256:$(sha256sum <web.sfc | cut -d ' ' -f 1)

# --- install
head -c 60000 web.sfc >short.sfc
echo hello >text.sfc
check_fails "a truncated package is refused" 1 "*cut short*" sfc prod install short.sfc
check_fails "a text is refused" 1 "*not a package*" sfc prod install text.sfc
check_fails "another digest is refused" 1 "*not what was asked for*" sfc prod install web.sfc --digest sha256:00
mkdir empty
mksquashfs empty empty.sfc -comp zstd -noappend -quiet -no-progress >/dev/null
check_fails "a SquashFS file that is no package is refused" 1 "*no directory rootfs*" sfc prod install empty.sfc
kept() { sqlite3 "$SFC_STATE/state.db" "SELECT 'package', digest FROM package UNION ALL SELECT 'app', name FROM app"
	ls -A "$SFC_STATE/store/kept" "$SFC_STATE/app" 2>/dev/null | grep -v ':$' | grep .; }
check_equal "nothing of them is kept" "$(kept)" ""
check_fails "a package that is not there is named" 1 "*no package 'none.sfc'*" sfc prod install none.sfc
check_fails "and what is no file" 1 "*'$dir' is no package*" sfc prod install "$dir"
check "the right digest is accepted" sfc prod install web.sfc --digest "$digest"
check "installing the same again is no error" sfc prod install web.sfc
check_fails "an unknown application is named" 1 "*no application 'wbe'*" sfc prod start wbe
check_fails "a bad option is a wrong usage" 2 "*--memory wants SIZE*" sfc prod start web --memory lots

# loops FIELD: of the devices that it is mounted by, in the store's namespace
loops() {
	losetup --list --noheadings --output "BACK-INO,$1" |
		awk -v ino="$(stat -c %i "$SFC_STATE/store/kept/${digest#sha256:}")" '$1 == ino { print $2 }'
}
check_equal "it is mounted once, and read by sectors of 4096 bytes" "$(loops LOG-SEC)" 4096

# --- start, exec, logs, stop
for runtime in runc crun; do
	requires "$runtime" --version
	check "$runtime: an instance starts" sfc prod start web --name "$runtime" --runtime "$runtime" --env GREETING=hi --ready "grep -q started '$SFC_STATE/app/web/$runtime/log'"
	check "$runtime: it runs" instance_is "web/$runtime" running
	check_equal "$runtime: exec is inside" "$(sfc prod exec "web/$runtime" cat /data/www/index.html)" "$runtime hi"
	sfc prod exec "web/$runtime" -- sh -c 'exit 7'
	check_equal "$runtime: exec passes the status on" "$?" 7
	check_equal "$runtime: its output is kept" "$(sfc prod logs "web/$runtime")" "started $runtime with hi"
	check "$runtime: it stops" sfc prod stop "web/$runtime"
	check "$runtime: it is stopped" instance_is "web/$runtime" stopped
	check_equal "$runtime: it was asked, not killed" "$(sfc prod logs "web/$runtime" | tail -n 1)" bye
	check_equal "$runtime: nothing of it is left" "$(prod_leftovers "web-$runtime-")" ""
	check "$runtime: it starts again" sfc prod start web --name "$runtime"
	check_equal "$runtime: what it wrote is still there" "$(sfc prod exec "web/$runtime" wc -l /data/starts)" "2 /data/starts"
	check "$runtime: restart" sfc prod restart "web/$runtime"
	check_equal "$runtime: restarted" "$(sfc prod exec "web/$runtime" wc -l /data/starts)" "3 /data/starts"
done

# --- on the host's network the port must be its own
free_ports 1
sfc prod start web/host -e PORT=$port --ready tcp:$port >/dev/null
check_fails "a port that another listens on does not make it ready" 1 "*web/other did not become ready*tcp:$port*" \
	sfc prod start web/other --ready tcp:$port --timeout 2
sfc prod rm web/host

# --- several, and alone with their layers
check "three more" sfc prod start web --count 3
sfc prod exec web/1 rm /etc/main.sh # named as it is listed
check "an instance cannot change another's files" sfc prod exec web/2 cat /etc/main.sh
check_equal "one package mount for all" "$(loops NAME | wc -l)" 1
check_equal "memory of each" "$(sfc prod list web --json | jq '.[0].instances | map(select(.memory_bytes > 0)) | length')" 5
sfc prod logs web/2 -f >followed 2>/dev/null &
follower=$!
check "logs -f shows what was" wait_for 30 grep -q "^started 2" followed
sfc prod stop web/2
check "and what comes" wait_for 30 grep -q "^bye" followed
kill $follower
wait $follower 2>/dev/null
sfc prod start web/2 >/dev/null
check "list is aligned text" sh -c 'sfc prod list | grep -q "^web/1 .*running"'
check_fails "logs that cannot be written were not shown" 1 "sfc: prod: cannot show what they printed: No space left on device" sh -c 'sfc prod logs web/2 >/dev/full'
check "an ephemeral one" sfc prod start web --name e --ephemeral --ready "test -s '$SFC_STATE/app/web/e/log'"
sfc prod stop web/e
check_equal "a stopped one has no layer" "$(ls "$SFC_STATE/app/web/e")" log
sfc prod start web/e >/dev/null
check_equal "it forgets what it wrote" "$(sfc prod exec web/e wc -l /data/starts)" "1 /data/starts"
check_fails "a program that is not there says so" 1 "*web/x: *cannot start it*/bin/sh*" sfc prod start web --name x --volume "$dir/empty:/bin"
check_equal "and leaves no instance" "$(ls -A "$SFC_STATE/app/web" | grep -x '.*x'; sfc prod list web -q | grep x)" ""

# --- done at once: its end is seen while a start looks at it, by a runtime that comes back when the program has ended
busybox_package job.sfc job 'echo "did it"; [ -z "${WAIT:-}" ] || while [ ! -e /data/go ]; do sleep 0.05; done; exit ${STATUS:-0}'
check "install job" sfc prod install job.sfc
mkdir late
cat >late/crun <<-'END'
	#!/bin/sh
	crun "$@" || exit
	case " $* " in
	*" start "*) until crun $(echo "$*" | sed 's/ start / state /') | grep -q '"status": "stopped"'; do sleep 0.02; done ;;
	esac
END
chmod 755 late/crun
check_equal "what ends at once and well says so" "$(sfc prod start job --name j --runtime "$dir/late/crun")" \
	"job/j ended at once with status 0; 'sfc prod logs job/j' shows what it printed"
check "it is exited" instance_is job/j exited
check_fails "unless it was to become ready" 1 "*job/k ended with status 0: did it" sfc prod start job --name k --ready 80
check_fails "what ends at once and badly is an error" 1 "*job/k ended with status 5: did it" \
	sfc prod start job --name k --env STATUS=5 --runtime "$dir/late/crun"
check_equal "and leaves no instance" "$(sfc prod list job -q)" job/j
# --- what ends later is seen by who looks, and is an event
check_equal "what goes on has started" "$(sfc prod start job --name w -e WAIT=1 -e STATUS=5)" "job/w started"
sfc prod exec job/w -- sh -c 'echo >/data/go'
check "its end is a state, whoever has waited" wait_for 60 instance_is job/w failed
noted() { [ "$(about job/w '.events[-1].what')" = "ended with status 5" ]; }
check "and an event" wait_for 60 noted
check "rm job" sfc prod rm job --all

# --- ports of a private network
if [ -n "$(command -v slirp4netns)" ]; then
	free_ports 3
	first=$port second=$((port + 1)) third=$((port + 2))
	check "published ports, a range for two" sfc prod start web --count 2 --publish 127.0.0.1:$first-$second:80 --env PORT=80 --ready 80
	for port in $first $second; do
		check "port $port answers" sh -c "curl -fsS http://127.0.0.1:$port/ >$port"
	done
	check "each by its own instance" sh -c "! cmp -s $first $second"
	check_fails "a port that is taken is named" 1 "*cannot publish port $first*in use*" sfc prod start web --publish 127.0.0.1:$first:80
	check_equal "and leaves no instance" "$(sfc prod list web --json | jq '.[0].instances | map(select(.name == "6")) | length')" 0
	check_fails "an address that is not ours is named" 1 "*cannot publish port $third*annot assign*" sfc prod start web --publish 192.0.2.1:$third:80
	check_fails "a port that is none" 2 "*--publish*70000*" sfc prod start web --publish 70000:80
	check_fails "publishing on the host's network is refused" 2 "*--publish wants a network of its own*" sfc prod start web --network host --publish 1:1
fi

# --- limits by the kernel
busybox_package hog.sfc hog '
case $WHAT in
memory) x=0123456789abcdef; while :; do x=$x$x; done ;;
pids) i=0; while [ $i -lt 40 ]; do sleep 5 & i=$((i + 1)); done; wait ;;
cpu) while :; do :; done ;;
child) echo started; sh -c "x=0123456789abcdef; while :; do x=\$x\$x; done"; echo "child $?"; sleep 1000 ;;
esac'
check "install hog" sfc prod install hog.sfc
for runtime in runc crun; do
	check_fails "$runtime: too much memory is killed" 1 "*hog/m ended with status 137*" \
		sfc prod start hog --name m --memory 32M --env WHAT=memory --runtime "$runtime" --ready false
done
check "a busy loop starts" sfc prod start hog --name c --cpus 0.1 --env WHAT=cpu
throttled() {
	group_of hog/c cpu/cpu.stat cpu.stat | awk '$1 == "nr_throttled" && $2 > 0 { found = 1 } END { exit !found }'
}
check "too much CPU time is withheld" wait_for 30 throttled
for runtime in runc crun; do
	check "$runtime: all limits at once" sfc prod start hog --name l$runtime --runtime $runtime --memory 24M --cpus 0.5 --pids 12 --env WHAT=child
	check_equal "$runtime: are those of its cgroup" \
		"$(group_of hog/l$runtime memory/memory.limit_in_bytes memory.max) $(group_of hog/l$runtime pids/pids.max pids.max) $(
		group_of hog/l$runtime cpu/cpu.cfs_quota_us cpu.max | cut -d ' ' -f 1)" "$((24 << 20)) 12 50000"
	check "$runtime: a child that takes too much is killed" wait_for 60 sh -c "sfc prod logs hog/l$runtime | grep -q 'child 137'"
	check "$runtime: by the kernel" sh -c "$(group_of hog/l$runtime memory/memory.oom_control memory.events | grep -q '^oom_kill [1-9]' && echo true || echo false)"
	check "$runtime: the others of it live" instance_is hog/l$runtime running
	check "$runtime: which is said" sh -c "sfc prod list hog | grep -q 'hog/l$runtime .*killed: out of memory, limit 24 MB'"
	check_equal "$runtime: and is an event" "$(about hog/l$runtime '[.events[].what | select(test("out of memory"))] | length')" 1
done
if [ -d /sys/fs/cgroup/pids ]; then
	check_fails "a limit the kernel has no controller for" 1 "sfc: prod: hog/none: --pids cannot be held here*" \
		unshare -m --propagation private sh -c 'umount /sys/fs/cgroup/pids; sfc prod start hog --name none --pids 5'
	check_equal "leaves no instance" "$(sfc prod list hog | grep -c none)" 0
fi
sfc prod start hog --name p --pids 10 --env WHAT=pids >/dev/null 2>&1
check "too many processes are refused" wait_for 10 sh -c "cat '$SFC_STATE/app/hog/p/log' '$SFC_STATE/app/hog/last-failure.log' 2>/dev/null | grep -qi fork"

# --- limits by the user
echo "default instances=2 memory=64M # each" >limits.conf
check_fails "a limit that needs a size asks for it" 1 "*memory=64M*--memory*" sfc prod start web --name l1 --for nobody
check "within the limits" sfc prod start web --name l1 --for nobody --memory 32M
check_fails "memory in all" 1 "*'nobody'*memory=64M*in use*" sfc prod start web --name l2 --for nobody --memory 48M
check "up to the limit" sfc prod start web --name l2 --for nobody --memory 32M
check_fails "instances in all" 1 "*'nobody'*instances=2*" sfc prod start web --name l3 --for nobody --memory 1M
echo "nobody instances=3" >limits.conf
( sfc prod start web --name r1 --for nobody >r1.out 2>&1 ) &
( sfc prod start web --name r2 --for nobody >r2.out 2>&1 ) &
wait
check_equal "of two starts at once for one place one wins" "$(cat r1.out r2.out | grep -c started)" 1
for bad in "instances=lots" "colour=red"; do
	echo "nobody $bad" >limits.conf
	check_fails "a limit that is none: $bad" 1 "*limits.conf*'$bad'*" sfc prod start web --name l9 --for nobody
done
echo "nobody cpus=1 pids=50" >limits.conf
check_fails "a limit of CPUs" 1 "*'nobody'*cpus=1 *0 in use, 1.5 more*" sfc prod start web --name l9 --for nobody --cpus 1.5 --pids 10
check_fails "a limit of processes" 1 "*'nobody'*pids=50 *0 in use, 51 more*" sfc prod start web --name l9 --for nobody --cpus 1 --pids 51
echo "@nogroup instances=1" >limits.conf
check_fails "a limit of a group" 1 "*'nobody'*instances=1*" sfc prod start web --name l9 --for nobody
rm limits.conf

# --- removal
check "rm" sfc prod rm web/l1
check_fails "what is gone is gone" 1 "*no instance 'l1'*" sfc prod stop web/l1
check "rm all" sfc prod rm web --all --timeout 1
check "rm the other" sfc prod rm hog --all --timeout 0
check_equal "nothing is left mounted, running, or in a group" "$(prod_leftovers)" ""
check_equal "nothing is left in the store" "$(kept)" ""
finish
