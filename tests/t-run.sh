#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc run: the store it takes packages from, layers, streams, users, networks, limits, how it ends.
# shellcheck disable=SC2016,SC2317 # programs in quotes; functions that are called indirectly
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/stage.sh"
requires crun --version
requires slirp4netns --version
requires curl --version
requires python3 --version

busybox_root "$dir/root" true sort sh cat ls id env mkdir touch chmod readlink grep sed nc sleep httpd head tr wc mv ln seq dd kill ps yes
echo page >"$dir/root/index.html"
squash "$dir/root" "$dir/a.sqsh"

# as it is called for the first time, and again
check_equal "a command of a package" "$(sfc run "$dir/a.sqsh" -- cat /index.html)" page
check_equal "and again" "$(sfc run "$dir/a.sqsh" -- cat /index.html)" page
check_equal "its status is ours" "$(sfc run "$dir/a.sqsh" -- sh -c 'exit 41'; echo $?)" 41
check_equal "a signal that ended it is told as a shell does" "$(sfc run "$dir/a.sqsh" -- sh -c 'sh -c "kill -SEGV \$\$"; exit $?' 2>/dev/null; echo $?)" 139
check_equal "what it reads is ours" "$(echo words | sfc run "$dir/a.sqsh" -- tr a-z A-Z)" WORDS
check_equal "all of it" "$(head -c 3000000 /dev/zero | sfc run "$dir/a.sqsh" -- wc -c)" 3000000
check_equal "and what it writes, too" "$(sfc run "$dir/a.sqsh" -- head -c 3000000 /dev/zero | wc -c)" 3000000
check_equal "output and errors are apart" "$(sfc run "$dir/a.sqsh" -- sh -c 'echo out; echo err >&2' 2>/dev/null)" out
check_equal "who stops reading ends it" "$(timeout 20 sfc run "$dir/a.sqsh" -- yes | head -n 1)" y
sfc run "$dir/a.sqsh" -- sh -c 'echo lost' >/dev/full 2>"$dir/said"
check_equal "output that cannot be written is a failure" "$?" 125
check "and said" grep -q "^sfc: run: cannot write its output: No space left" "$dir/said"
check_fails "a command that is not there" 127 "sfc: run: 'nope' not found in the root's PATH" sfc run "$dir/a.sqsh" -- nope
check_fails "a file that is no program" 126 "sfc: run: '/etc/passwd' is not an executable file in the root" sfc run "$dir/a.sqsh" -- /etc/passwd
check_fails "a bare image without a command" 125 "sfc: run: a bare image has no start configuration; *" sfc run "$dir/a.sqsh"
check_fails "two words without --" 125 "sfc: run: *" sfc run "$dir/a.sqsh" true

# who it is
check_equal "a user of the root, with the groups it is in" "$(sfc run -u www "$dir/a.sqsh" -- id)" \
	"uid=33(www) gid=33(www) groups=110(ssl)"
check_equal "user and group" "$(sfc run -u www:ssl "$dir/a.sqsh" -- id)" "uid=33(www) gid=110(ssl)"
check_equal "numbers that the root does not know" "$(sfc run -u 7:8 "$dir/a.sqsh" -- id)" "uid=7 gid=8"
check_fails "a user that is not in the root" 125 "sfc: run: user 'nobody' is not in the root's /etc/passwd" sfc run -u nobody "$dir/a.sqsh" -- true
mv "$dir/root/etc/passwd" "$dir/passwd"
mkfifo "$dir/root/etc/passwd"
squash "$dir/root" "$dir/fifo.sqsh"
check_equal "a FIFO in the place of a file keeps nobody waiting" "$(timeout 20 sfc run "$dir/fifo.sqsh" -- cat /index.html)" page
rm "$dir/root/etc/passwd"
ln -s /proc/1/root/etc/passwd "$dir/root/etc/passwd"
squash "$dir/root" "$dir/magic.sqsh"
check_fails "a link through /proc leads nowhere" 125 "sfc: run: user 'daemon' is not *" sfc run -u daemon "$dir/magic.sqsh" -- true
rm "$dir/root/etc/passwd"
mv "$dir/passwd" "$dir/root/etc/passwd"
check_equal "variables" "$(X=caller sfc run -e A=1 -e X -e A=2 "$dir/a.sqsh" -- sh -c 'echo $A $X $HOME $PATH')" \
	"2 caller /root /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
check_equal "none of the caller's own" "$(SECRET=1 sfc run "$dir/a.sqsh" -- env | grep -c SECRET)" 0
check_equal "a directory and a name" "$(sfc run -w /etc --hostname x.y "$dir/a.sqsh" -- sh -c 'pwd; cat /proc/sys/kernel/hostname')" "$(printf '/etc\nx.y')"

# what it sees and may have
mkdir "$dir/volume"
echo there >"$dir/volume/file"
mkdir "$dir/volume/deep"
mount -t tmpfs sfc-test "$dir/volume/deep"
check_equal "a volume, and what is mounted in it" "$(sfc run -v "$dir/volume:/v" "$dir/a.sqsh" -- sh -c 'cat /v/file; echo new >/v/new; echo new >/v/deep/new; grep -c " /v" /proc/mounts'; cat "$dir/volume/new" "$dir/volume/deep/new")" "$(printf 'there\n2\nnew\nnew')"
check_equal "read-only, all of it" "$(sfc run -v "$dir/volume:/v:ro" "$dir/a.sqsh" -- sh -c 'touch /v/x /v/deep/x' 2>&1 | grep -c 'Read-only')" 2
check_equal "a file" "$(sfc run -v "$dir/volume/file:/etc/one:ro" "$dir/a.sqsh" -- cat /etc/one)" there
check_fails "a volume that is not there" 125 "sfc: run: *$dir/none*" sfc run -v "$dir/none:/v" "$dir/a.sqsh" -- true
check_equal "memory in the place of a directory" "$(sfc run --tmpfs /t:1M "$dir/a.sqsh" -- sh -c 'dd if=/dev/zero of=/t/x bs=1k count=2000 2>&1 | grep -c "No space"')" 1
check_equal "a root that nobody writes" "$(sfc run --read-only "$dir/a.sqsh" -- touch /x 2>&1)" "touch: /x: Read-only file system"
if [ -d /sys/fs/cgroup/pids ] || grep -qw pids /sys/fs/cgroup/cgroup.controllers 2>/dev/null; then
	limits() { sfc run "$@" "$dir/a.sqsh" -- sh -c 'cd /sys/fs/cgroup; for f in pids/pids.max pids.max memory/memory.limit_in_bytes memory.max; do [ ! -e $f ] || cat $f; done' | tr '\n' ' '; }
	check_equal "2048 processes by default" "$(limits | cut -d' ' -f1)" 2048
	check_equal "limits are the kernel's" "$(limits --pids 17 -m 32M)" "17 33554432 "
	sfc run -m 20M "$dir/a.sqsh" -- sh -c 'head -c 60000000 /dev/zero | tr "\0" x | sort >/dev/null; x=$(yes | head -c 50000000); echo $?' >/dev/null 2>&1
	disk=$(lsblk -ndo PATH -e 1,7,253 | head -n 1)
	inside() { sfc run "$@" "$dir/a.sqsh" -- sh -c 'cd /sys/fs/cgroup; for f in */$1 $2; do [ ! -e $f ] || cat $f; done' sh "$v1" "$v2"; }
	if [ -n "$disk" ] && { [ -d /sys/fs/cgroup/blkio ] || grep -qw io /sys/fs/cgroup/cgroup.controllers 2>/dev/null; }; then
		for runtime in crun runc; do
			command -v $runtime >/dev/null || continue
			v1=blkio.throttle.read_bps_device v2=io.max
			check "$runtime: so much is read from a disk, and no more" sh -c 'echo "$1" | grep -Eq "[ =]1048576( |$)"' sh \
				"$(inside --runtime $runtime --device-read-bps "$disk:1M")"
			v1=blkio.throttle.write_bps_device
			check "$runtime: or written to it" sh -c 'echo "$1" | grep -Eq "[ =]2097152( |$)"' sh \
				"$(inside --runtime $runtime --device-write-bps "$disk:2M")"
			check_equal "$runtime: a weight for disks, read back" "$(sfc run --runtime $runtime --io-weight 300 "$dir/a.sqsh" -- sh -c '
				for i in 1 2 3 4 5 6 7 8 9 10; do
					cat /sys/fs/cgroup/blkio/blkio.bfq.weight /sys/fs/cgroup/io.weight 2>/dev/null | grep -Eq "^(40|default 300)$" && echo held && exit
					sleep 0.1
				done')" held
		done
		check_fails "a disk that is none" 125 "sfc: run: '/dev/null' is not a block device" sfc run --device-read-bps /dev/null:1M "$dir/a.sqsh" -- true
	fi
	if [ -d /sys/fs/cgroup/blkio ]; then
		for option in --io-weight=10 --device-read-bps=/dev/null:1 --device-write-bps=/dev/null:1; do
			check_fails "${option%%=*} where there is no controller" 125 "sfc: run: ${option%%=*} cannot be held here: there is no blkio controller" \
				unshare -m --propagation private sh -c 'umount /sys/fs/cgroup/blkio; exec sfc run "$@"' sh "$option" "$dir/a.sqsh" -- true
		done
		check_fails "--memory-reservation where there is no controller" 125 "sfc: run: --memory-reservation cannot be held here: there is no memory controller" \
			unshare -m --propagation private sh -c 'umount /sys/fs/cgroup/memory; exec sfc run "$@"' sh --memory-reservation 32M "$dir/a.sqsh" -- true
		check_fails "--cpu-weight where there is no controller" 125 "sfc: run: --cpu-weight cannot be held here: there is no cpu controller" \
			unshare -m --propagation private sh -c 'umount /sys/fs/cgroup/cpu; exec sfc run "$@"' sh --cpu-weight 10 "$dir/a.sqsh" -- true
	fi
	check_equal "who takes more is killed" "$(sfc run -m 20M "$dir/a.sqsh" -- sh -c 'x=$(yes | head -c 50000000); echo grown' 2>/dev/null)" ""
fi

umount "$dir/volume/deep"

# networks
check_equal "none: only a loopback" "$(sfc run --network none "$dir/a.sqsh" -- sh -c 'ls /sys/class/net')" lo
free_ports 1
sfc run -p "127.0.0.1:$port:8080" "$dir/a.sqsh" -- httpd -f -p 8080 -h / & server=$!
check "a published port answers" wait_for 10 curl -fs -o "$dir/page" "http://127.0.0.1:$port/index.html"
check_equal "with the package's page" "$(cat "$dir/page")" page
check_fails "a port that is taken" 125 "sfc: run: cannot publish port $port: *" sfc run -p "127.0.0.1:$port:8080" "$dir/a.sqsh" -- true
kill -TERM "$server"
wait "$server"
check_equal "and ends by a signal" $? 143
check "with all of it" nothing_is_left_of "$server"
ip netns add "sfc-test-$$" && on_exit ip netns delete "sfc-test-$$"
check_equal "one that somebody made" "$(sfc run --network "/run/netns/sfc-test-$$" "$dir/a.sqsh" -- readlink /proc/self/ns/net)" \
	"$(ip netns exec "sfc-test-$$" readlink /proc/self/ns/net)"
check_fails "a file that is no network" 125 "sfc: run: '*' is not a network namespace" sfc run --network "$dir/a.sqsh" "$dir/a.sqsh" -- true

# ready
sfc run --network none --ready tcp:81 --timeout 1 "$dir/a.sqsh" -- sleep 60 2>"$dir/said"
check_equal "who is not ready in time is stopped" "$?" 125
check "and named" grep -q "^sfc: run: .* was not ready within 1 s" "$dir/said"
check_equal "who does not end in time, too" "$(sfc run --timeout 0.5 "$dir/a.sqsh" -- sleep 60 2>&1; echo $?)" \
	"$(printf 'sfc: run: it did not end within 0.5 s\n125')"

# how it ends
# stopped MILLISECONDS WORD…: started, asked to end; sets status and said; fails when it took longer
stopped() {
	limit=$1
	shift
	rm -f "$dir/out"
	sfc run "$@" >"$dir/out" 2>"$dir/said" & asked=$!
	wait_for 10 grep -q up "$dir/out" || return 1
	begun=$(date +%s%N)
	kill -TERM "$asked"
	wait "$asked"
	status=$?
	[ "$((($(date +%s%N) - begun) / 1000000))" -le "$limit" ] || { echo "took $((($(date +%s%N) - begun) / 1000000)) ms"; return 1; }
}
check "one that listens is asked and ends" stopped 2000 "$dir/a.sqsh" -- sh -c 'trap "echo bye; exit 3" TERM; echo up; while :; do sleep 0.1; done'
check_equal "as it wants" "$status $(tail -n 1 "$dir/out") $(cat "$dir/said")" "3 bye "
check "one that a process 1 would not hear is ended by it" stopped 2000 "$dir/a.sqsh" -- sh -c 'echo up; exec sleep 300'
check_equal "as outside" "$status $(cat "$dir/said")" "143 "
check "a shell that waits for its children" stopped 2000 "$dir/a.sqsh" -- sh -c 'sh -c "trap \"echo child; exit\" TERM; echo up; while :; do sleep 0.1; done" & wait; echo end'
check_equal "these are asked, and it goes on" "$(tr '\n' ' ' <"$dir/out")" "up child end "
check "children that stay behind do not keep it" stopped 2000 "$dir/a.sqsh" -- sh -c 'sleep 300 & trap "exit 0" TERM; echo up; while :; do sleep 0.1; done'
check_equal "when the first has ended" "$status" 0
check "one that does not want to is killed after the grace" stopped 5000 --grace 1 "$dir/a.sqsh" -- sh -c 'trap "" TERM; echo up; sleep 300; sleep 300'
check_equal "with this status" "$status" 137
check "and named by program and number" grep -qE '^sfc: run: warning: killed after 1 s: sh \([0-9]+\), sleep \([0-9]+\)$' "$dir/said"

rm -f "$dir/out"
sfc run "$dir/a.sqsh" -- sh -c 'echo up; sleep 300' >"$dir/out" & killed=$!
check "one is up" wait_for 10 grep -q up "$dir/out"
kill -KILL "$killed"
wait "$killed" 2>/dev/null
check "a killed sfc leaves nothing" wait_for 5 nothing_is_left_of "$killed"
rm -f "$dir/out"
sfc run "$dir/a.sqsh" -- sh -c "echo up; sleep 3$$" >"$dir/out" & killed=$!
check "another is up" wait_for 10 grep -q up "$dir/out"
kill -KILL "$(inside_of "$killed")"
wait "$killed"
check_equal "its own supervisor killed is told" $? 137
check "and what it ran is gone" wait_for 5 sh -c "! pgrep -f 'slee[p] 3$$'"
check "with its control group" nothing_is_left_of "$killed"

# layers
mkdir "$dir/layer"
sfc run --layer "$dir/layer" "$dir/a.sqsh" -- sh -c 'echo kept >/kept; rm /index.html; mkdir /d; mv /d /e'
check_equal "a layer keeps what was written and removed" "$(sfc run --layer "$dir/layer" "$dir/a.sqsh" -- sh -c 'cat /kept; ls -d /e /index.html 2>&1')" \
	"$(printf "kept\nls: /index.html: No such file or directory\n/e")"
check_equal "without it nothing is" "$(sfc run "$dir/a.sqsh" -- ls /kept 2>&1)" "ls: /kept: No such file or directory"
rm -f "$dir/out"
sfc run --layer "$dir/layer" "$dir/a.sqsh" -- sh -c 'echo up; sleep 300' >"$dir/out" & user=$!
check "it is in use" wait_for 10 grep -q up "$dir/out"
check_fails "by one at a time" 125 "sfc: run: the layer '*' is in use" sfc run --layer "$dir/layer" "$dir/a.sqsh" -- true
sfc run --layer "$dir/layer" "$dir/a.sqsh" -- grep '^sfc / ' /proc/mounts >"$dir/options" 2>/dev/null
kill -TERM "$user"
wait "$user"
options=$(sfc run --layer "$dir/layer" "$dir/a.sqsh" -- grep ' / overlay' /proc/mounts)
for option in redirect_dir=on index=on metacopy=on xino=on xino=auto; do
	check "a layer that is kept has no $option" test -z "$(printf '%s\n' "$options" | grep -F "$option")"
done
check_fails "a layer that is not there" 125 "sfc: run: the layer '*' is not a directory" sfc run --layer "$dir/none" "$dir/a.sqsh" -- true

# the store
check "packages are mounted in a namespace of the store's" test "$(stat -f -c %T "$SFC_STATE/store/ns")" = nsfs
mounts_there() { python3 -c 'import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
fd = os.open(sys.argv[1], os.O_RDONLY)
assert libc.setns(fd, 0x20000) == 0
for name in sorted(os.listdir("/mounts")): print(name)' "$SFC_STATE/store/ns"; }
check_equal "once each" "$(mounts_there | wc -l)" "$(mounts_there | sort -u | wc -l)"
digest=$(sha256sum "$dir/a.sqsh" | cut -d' ' -f1)
check "under their digest" sh -c 'printf "%s\n" "$1" | grep -qx "$2"' sh "$(mounts_there)" "$digest"
check "no mount of it is in ours" test -z "$(grep squashfs /proc/self/mounts | grep -F "$dir")"
check "what root alone can write stays where it is" test ! -e "$SFC_STATE/store/files/$digest"
# the numbers by which a kernel knows which namespace is the older are given out by processor
if [ "$(nproc)" -gt 1 ]; then
	for cpus in "0 1" "1 0"; do
		check_equal "from a namespace that was made on another processor ($cpus)" "$(
			SFC_STATE=$dir/elsewhere taskset -c "${cpus% *}" unshare -pfm --mount-proc \
				taskset -c "${cpus#* }" sfc run "$dir/a.sqsh" -- sh -c 'echo runs' 2>&1)" runs
		umount -l "$dir/elsewhere/store/ns" "$dir/elsewhere/store" 2>/dev/null
	done
fi
# S24: its owner rewrites it while it is mounted
mkdir "$dir/theirs"
echo theirs >"$dir/root/index.html"
squash "$dir/root" "$dir/theirs/b.sqsh"
chown -R 1234 "$dir/theirs"
check_equal "a package of another user" "$(sfc run "$dir/theirs/b.sqsh" -- cat /index.html)" theirs
check "is copied first" test -s "$SFC_STATE/store/files/$(sha256sum "$dir/theirs/b.sqsh" | cut -d' ' -f1)"
mkfifo "$dir/go"
exec 5<>"$dir/go"
rm -f "$dir/out"
sfc run "$dir/theirs/b.sqsh" -- sh -c 'echo up; read x; cat /index.html' >"$dir/out" <"$dir/go" & reader=$!
check "and read from the copy" wait_for 10 grep -q up "$dir/out"
dd if=/dev/zero of="$dir/theirs/b.sqsh" bs=4096 conv=notrunc count=256 2>/dev/null
: >"$dir/theirs/b.sqsh"
echo >&5
exec 5>&-
wait "$reader"
check_equal "whatever its owner does to it" "$(tail -n 1 "$dir/out")" theirs
echo third >"$dir/root/index.html"
squash "$dir/root" "$dir/theirs/b.sqsh"
check_equal "another file of the same name is another package" "$(sfc run "$dir/theirs/b.sqsh" -- cat /index.html)" third
squash "$dir/root" "$dir/new.sqsh"
cat "$dir/new.sqsh" >"$dir/a.sqsh"
check_equal "so is one that was written over" "$(sfc run "$dir/a.sqsh" -- cat /index.html)" third
check_equal "the same from a mount namespace of its own" "$(unshare -m sfc run "$dir/a.sqsh" -- cat /index.html)" third
before=$(mounts_there)
unshare -m sfc run "$dir/fifo.sqsh" -- true
check_equal "which uses the same store" "$(mounts_there)" "$before"
for n in $(seq 1 20); do
	echo "$n" >"$dir/root/index.html"
	squash "$dir/root" "$dir/many.sqsh"
	sfc run "$dir/many.sqsh" -- true
done
check_equal "at most 16 stay" "$(mounts_there | wc -l)" 16

# what no writer makes is never shown to the kernel
python3 - "$dir/new.sqsh" "$dir/bad" <<-'END'
	import struct, sys
	whole = open(sys.argv[1], "rb").read()
	inode_table, directory_table = struct.unpack_from("<QQ", whole, 64)
	for name, at, size in (("inodes", 4, 4), ("root", 32, 8), ("table", 64, 8), ("directories", 72, 8), ("fragments", 80, 8)):
	    broken = bytearray(whole)
	    broken[at:at + size] = (b"\xff\xff\xff\x7f" * 2)[:size]
	    open(sys.argv[2] + "-" + name, "wb").write(broken)
	broken = bytearray(whole)
	for at in range(inode_table + 20, min(inode_table + 60, directory_table)):
	    broken[at] ^= 0x5a
	open(sys.argv[2] + "-metadata", "wb").write(broken)
END
for bad in "$dir"/bad-*; do
	check_fails "a damaged image: ${bad##*-}" 125 "sfc: run: '*" sfc run "$bad" -- true
done
check_equal "none of which got a loop device" "$(losetup -l -n -O BACK-FILE | grep -c "$dir/bad")" 0
mkdir "$dir/package" "$dir/package/real"
cp -a "$dir/root/." "$dir/package/real/"
printf '{"ociVersion":"1.0.2","process":{"args":["id"],"cwd":"/","user":{"uid":0,"gid":0}},"root":{"path":"rootfs"}}' >"$dir/package/config.json"
ln -s / "$dir/package/rootfs"
squash "$dir/package" "$dir/link.sqsh"
check_fails "a rootfs that is a link" 125 "sfc: run: '*link.sqsh': rootfs is not a directory" sfc run "$dir/link.sqsh"
rm "$dir/package/rootfs"
mv "$dir/package/real" "$dir/package/rootfs"
squash "$dir/package" "$dir/good.sqsh"
check_equal "and one that is none" "$(sfc run "$dir/good.sqsh")" "uid=0(root) gid=0(root)"
printf '{"ociVersion":"1.0.2","process":{"args":["id"],"env":["/bin/sh"],"cwd":"/"},"root":{"path":"rootfs"}}' >"$dir/package/config.json"
squash "$dir/package" "$dir/env.sqsh"
check_fails "a variable without a name" 125 "sfc: run: '*env.sqsh': config.json: *" sfc run "$dir/env.sqsh"
printf '{"ociVersion":"1.0.2","process":{"args":["id","-u"],"cwd":"/","user":{"uid":0,"gid":0}},"root":{"path":"rootfs"},"hooks":{"poststart":[{"path":"/bin/sh"}]}}' >"$dir/package/config.json"
squash "$dir/package" "$dir/hooks.sqsh"
check_equal "what a package asks for is not given" "$(sfc run "$dir/hooks.sqsh" 2>"$dir/said")" 0
check "but named" grep -q "hooks.sqsh' asks for .*hook" "$dir/said"
check_equal "unless it is to be quiet" "$(sfc run -q "$dir/hooks.sqsh" 2>&1)" 0
rm -r "$dir/package/rootfs/sys"
ln -s /etc "$dir/package/rootfs/sys"
squash "$dir/package" "$dir/places.sqsh"
check_fails "a /sys that leads elsewhere" 125 "sfc: run: '*places.sqsh': /sys in its root is a link to '/etc'" sfc run -q "$dir/places.sqsh"
rm "$dir/package/config.json"
mkfifo "$dir/package/config.json"
squash "$dir/package" "$dir/wait.sqsh"
check_fails "a FIFO for a configuration" 125 "sfc: run: '*wait.sqsh': config.json is not a file" timeout 20 sfc run "$dir/wait.sqsh"

# nothing of the host is held
umount "$SFC_STATE/store/ns" "$SFC_STATE/store"
rm -rf "$SFC_STATE/store/seen"
mkdir -m 700 "$SFC_STATE/store/seen"
truncate -s 64M "$dir/disk.ext4"
mkfs.ext4 -q "$dir/disk.ext4"
mkdir "$dir/disk"
mount -o loop "$dir/disk.ext4" "$dir/disk"
check_equal "a store that is made anew" "$(sfc run "$dir/good.sqsh" -- id -u)" 0
cp "$dir/new.sqsh" "$dir/disk/"
rm "$dir/out"
sfc run "$dir/disk/new.sqsh" -- sh -c 'echo up; sleep 300' >"$dir/out" & user=$!
check "a container runs from a disk's package" wait_for 10 grep -q up "$dir/out"
umount "$dir/disk"
check_equal "and the disk can be unmounted meanwhile" $? 0
check "its device is free" wait_for 5 sh -c '! losetup -l -n -O BACK-FILE | grep -F "$1"' sh "$dir/disk.ext4"
kill -TERM "$user"
wait "$user"

check "nothing is left" nothing_is_left_of none
finish
