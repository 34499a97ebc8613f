#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In a guest, by tests/t-guest-limits.sh: what is started under systemd and control groups of version 2 has the
# limits that were asked for, the kernel holds them, and what that does is said. /dev/vdb is a disk without use.
# shellcheck disable=SC2016,SC2317 # programs in quotes; called by wait_for
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"

check_equal "process 1 is systemd" "$(cat /proc/1/comm)" systemd
check_equal "control groups are of version 2" "$(stat -fc %T /sys/fs/cgroup)" cgroup2fs
check_equal "and no other" "$(grep -c ' cgroup ' /proc/mounts)" 0
case $(uname -r) in *cloud*) kernel=cloud ;; *) kernel=$(uname -r) ;; esac
check_equal "the kernel is the distribution's" "$kernel" cloud
check "sfc doctor finds nothing that stops it" sfc doctor

busybox_package hog.sfc hog '
trap "exit 0" TERM
case ${WHAT:-} in
memory) x=0123456789abcdef; while :; do x=$x$x; done ;;
worker) echo begun; sh -c "x=0123456789abcdef; while :; do x=\$x\$x; done"; echo "worker $?" ;;
pids) for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 1000 & done; echo "all of them" ;;
cpu) while :; do :; done ;;
read) from=$(cut -d. -f1 /proc/uptime); dd if=/dev/vdb of=/dev/null bs=64k iflag=direct count=64 2>/dev/null
	echo "done in $(($(cut -d. -f1 /proc/uptime) - from))" ;;
esac
while :; do sleep 0.2; done'
check "install" sfc prod install hog.sfc

# value APP/I FILE: of its control group
value() { cat "/sys/fs/cgroup$(about "$1" .cgroup)/$2" 2>&1; }
unit_of() { about "$1" .cgroup | sed 's|/container$||; s|.*/||'; }
systemd_says() { systemctl show -P "$2" "$(unit_of "$1")"; }

for runtime in crun runc; do
	# --- start, its group, stop
	check "$runtime: all limits at once" sfc prod start hog/l --runtime $runtime -m 64M --memory-reservation 16M --cpus 0.5 \
		--cpu-weight 50 --pids 20 --io-weight 300 --device-read-bps /dev/vdb:1M --device-write-bps /dev/vdb:2M
	# crun keeps its limits in a group below, out of reach of systemd, which would reset what it was not told of
	check_equal "$runtime: its group is a scope that systemd made and named" \
		"$(about hog/l .cgroup | sed 's|/container$||; s/-[0-9a-f]*-[0-9]*\.scope$/-ID.scope/')" /system.slice/sfc-hog-l-ID.scope
	scope=$(unit_of hog/l)
	check_equal "$runtime: which is up" "$(systemctl is-active "$scope")" active
	check_equal "$runtime: memory" "$(value hog/l memory.max) $(value hog/l memory.low)" "$((64 << 20)) $((16 << 20))"
	check_equal "$runtime: processor time" "$(value hog/l cpu.max) $(value hog/l cpu.weight)" "50000 100000 50"
	check_equal "$runtime: processes" "$(value hog/l pids.max)" 20
	check_equal "$runtime: weight for disks" "$(value hog/l io.weight | head -n 1)" "default 300"
	check_equal "$runtime: rates of a disk" "$(value hog/l io.max)" \
		"$(lsblk -ndo MAJ:MIN /dev/vdb | tr -d ' ') rbps=1048576 wbps=2097152 riops=max wiops=max"
	[ $runtime = crun ] || check_equal "$runtime: systemd knows of them" "$(systemd_says hog/l MemoryMax) $(systemd_says hog/l TasksMax)" "$((64 << 20)) 20"
	systemctl daemon-reload
	check_equal "$runtime: and leaves them alone" "$(value hog/l memory.max) $(value hog/l pids.max) $(value hog/l cpu.weight)" "$((64 << 20)) 20 50"
	check "$runtime: stop" sfc prod stop hog/l
	check_equal "$runtime: the scope is gone" "$(systemctl list-units --all --plain --no-legend "$scope")" ""
	check_equal "$runtime: with all else of it" "$(prod_leftovers hog-l-)" ""
	check "$runtime: rm" sfc prod rm hog/l
	# --- memory
	check_fails "$runtime: too much memory is killed, and that is said" 1 "*hog/m ended with status 137*" \
		sfc prod start hog/m --runtime $runtime -m 64M -e WHAT=memory --ready false
	sfc prod start hog/m --runtime $runtime -m 64M >/dev/null
	sfc prod stop hog/m
	sfc prod start hog/m -e WHAT=memory >/dev/null 2>&1
	check "$runtime: without anybody waiting for it, too" wait_for 30 instance_is hog/m failed
	check_equal "$runtime: by which limit" "$(about hog/m '.problem, .status' | tr '\n' ' ')" "killed: out of memory, limit 64 MB 137 "
	check_equal "$runtime: list says so" "$(sfc ps hog/m | grep -c 'hog/m  *failed (137): killed: out of memory, limit 64 MB')" 1
	check_equal "$runtime: it is an event" "$(about hog/m '[.events[].what | select(test("out of memory, limit 64 MB"))] | length > 0')" true
	sfc prod rm hog/m
	# --- a worker's end
	sfc prod start hog/w --runtime $runtime -m 64M -e WHAT=worker >/dev/null
	check "$runtime: a worker that takes too much is killed" wait_for 60 sh -c "sfc prod logs hog/w | grep -q 'worker 137'"
	check "$runtime: the others of it live" instance_is hog/w running
	check_equal "$runtime: which is said" "$(sfc ps hog/w | grep -c 'one of its processes was killed: out of memory, limit 64 MB')" 1
	check_equal "$runtime: and is an event" "$(about hog/w '[.events[].what | select(test("out of memory"))] | length')" 1
	check_equal "$runtime: it is counted" "$(sfc prod stats hog/w --json | jq '.[0].oom_kills')" 1
	sfc prod rm hog/w --grace 1
	# --- processes
	sfc prod start hog/p --runtime $runtime --pids 10 -e WHAT=pids >/dev/null 2>&1
	check "$runtime: too many processes are refused" wait_for 20 sh -c \
		"cat '$SFC_STATE/app/hog/p/log' '$SFC_STATE/app/hog/last-failure.log' 2>/dev/null | grep -qi fork"
	check_equal "$runtime: all of them there were not" "$(sfc prod logs hog/p 2>/dev/null | grep -c 'all of them')" 0
	sfc prod rm hog/p --grace 1 >/dev/null 2>&1
done

# --- processor time
check "a busy loop starts" sfc prod start hog/c --cpus 0.2 -e WHAT=cpu
throttled() { [ "$(value hog/c cpu.stat | sed -n 's/^nr_throttled //p')" -gt 0 ]; }
check "too much of it is withheld" wait_for 30 throttled
before=$(sfc prod stats hog/c --json | jq '.[0].cpu_s') since=$(date +%s%N)
sleep 5
after=$(sfc prod stats hog/c --json | jq '.[0].cpu_s') now=$(date +%s%N)
check_equal "stats: it had no more than a fifth of a processor, and a little" \
	"$(jq -n "(($after - $before) / ($now - $since) * 1e9) | . > 0 and . < 0.25")" true
check_equal "stats: as JSON" "$(sfc prod stats hog/c --json | jq -c '.[0] | [.memory_bytes > 0, .processes >= 1, .oom_kills]')" '[true,true,0]'
check_equal "stats: its table" "$(sfc prod stats hog/c | sed -n '1s/  */ /gp')" "NAME STATE MEMORY CPU PROCESSES WRITTEN"

# --- a disk's rate: four megabytes, at one a second
sfc prod start hog/d --device /dev/vdb:/dev/vdb:r --device-read-bps /dev/vdb:1M -e WHAT=read >/dev/null
check "what reads from a disk comes to an end" wait_for 60 sh -c 'sfc prod logs hog/d | grep -q ^done'
check "no faster than it may" test "$(sfc prod logs hog/d | sed -n 's/^done in //p')" -ge 3

# --- layers with a size: a file system of their own, or what a file system counts
# the kernel has words of its own for an account that is full
too_much() { sfc prod exec "$1" -- dd if=/dev/zero of=/data/big bs=1M count=40 2>&1 | grep -o 'No space left\|Disk quota exceeded\|40+0 records out'; }
taken() { echo $(($(sfc prod exec "$1" -- wc -c /data/big | cut -d ' ' -f 1) >> 20)); }
check "a layer with a size" sfc prod start hog/s --layer-size 16M
check_equal "is full at that" "$(too_much hog/s)" "No space left"
check "and holds no more" test "$(taken hog/s)" -le 16
check_equal "which is said" "$(sfc ps hog/s | grep -c 'its layer is full (16 MB)')" 1
check "as a file system of its own" test -e "$SFC_STATE/app/hog/s/layer/volume"
mke2fs -q -t ext4 -O quota,project -E quotatype=prjquota /dev/vdb
mkdir counted
mount -o prjquota /dev/vdb counted
mkdir -m 700 counted/state
elsewhere() { SFC_STATE=$dir/counted/state "$@"; }
elsewhere sfc prod install hog.sfc
check "a layer where the file system counts" elsewhere sfc prod start hog/q --layer-size 16M
check_equal "is full at that, too" "$(elsewhere too_much hog/q)" "Disk quota exceeded"
check "and holds no more, but no less" test "$(elsewhere taken hog/q)" -le 16 -a "$(elsewhere taken hog/q)" -ge 12
check_equal "which is said" "$(elsewhere sfc ps hog/q | grep -c 'its layer is full (16 MB)')" 1
check "without another" test ! -e counted/state/app/hog/q/layer/volume
check "rm" elsewhere sfc prod rm hog/q --grace 1

# --- run
squash_of() { sfc run "$@" hog.sfc -- cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max | tr '\n' ' '; }
check_equal "sfc run: its limits, read inside" "$(squash_of -m 32M --pids 17)" "$((32 << 20)) 17 "
check_equal "who takes more is killed" "$(sfc run -m 32M hog.sfc -- sh -c 'x=0123456789abcdef; while :; do x=$x$x; done' >/dev/null 2>&1; echo $?)" 137
check_equal "no scope is left" "$(systemctl list-units --all --plain --no-legend 'sfc-run-*')" ""

check "rm" sfc prod rm --all --grace 1
check_equal "nothing is left" "$(prod_leftovers)$(systemctl list-units --all --plain --no-legend 'sfc-*')" ""
check_equal "systemd is content" "$(systemctl --failed --plain --no-legend)" ""
finish
