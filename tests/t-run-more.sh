#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What can be asked of anything that is started: devices, UDP ports, being ready, another runtime, roots of each
# kind; and what the store keeps of packages that were run.
# shellcheck disable=SC2154,SC2016,SC2086,SC2317 # lib.sh's names; for inner shells; words; called indirectly
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/stage.sh"
requires fuse
requires crun --version
requires runc --version
requires runsc --version
requires slirp4netns --version
requires python3 --version
requires jq --version
requires mksquashfs -version

busybox_root "$dir/root" sh cat ls stat dd head httpd sleep readlink touch grep
echo page >"$dir/root/index.html"
squash "$dir/root" "$dir/a.sqsh"

# --- devices
for runtime in crun runc; do
	check_equal "$runtime: without --device it is not there" "$(sfc run --runtime $runtime "$dir/a.sqsh" -- ls /dev/fuse 2>&1)" "ls: /dev/fuse: No such file or directory"
	check_equal "$runtime: a device, and it opens" "$(sfc run --runtime $runtime --device /dev/fuse "$dir/a.sqsh" -- sh -c 'stat -c %t:%T /dev/fuse; exec 3<>/dev/fuse && echo open')" \
		"$(stat -c %t:%T /dev/fuse)
open"
	check_equal "$runtime: under another name, to be read alone" \
		"$(sfc run --runtime $runtime --device /dev/fuse:/dev/f:r "$dir/a.sqsh" -- sh -c 'exec 3</dev/f && echo read; exec 4>/dev/f && echo written' 2>/dev/null)" read
done
check_fails "a device that is none" 125 "sfc: run: '/etc/passwd' is not a device" sfc run --device /etc/passwd "$dir/a.sqsh" -- sh -c :

# --- UDP: what answers is the host's python, on its own network
cat >ask.py <<'END'
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.3)
for i in range(50):
    try:
        s.sendto(b"question", (sys.argv[1], int(sys.argv[2])))
        print(s.recvfrom(100)[0].decode())
        break
    except (socket.timeout, ConnectionRefusedError):
        time.sleep(0.1)
END
cat >answer.py <<'END'
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 9000))
while True:
    data, who = s.recvfrom(100)
    s.sendto(b"answer to " + data, who)
END
# who asks from the host's loopback is not answered: the private network does not reach that
address=$(hostname -I | cut -d' ' -f1)
free_ports 1
if [ -n "$address" ]; then
	sfc run -p "$port:9000/udp" -v /usr:/usr:ro -v /lib:/lib:ro -v /lib64:/lib64:ro -v "$dir:/v:ro" "$dir/a.sqsh" \
		-- sh -c 'exec /usr/bin/python3 /v/answer.py' & server=$!
	check_equal "a UDP port is published" "$(python3 ask.py "$address" "$port")" "answer to question"
	kill -TERM "$server"
	wait "$server"
	check_equal "and ends by a signal" $? 143
	check_equal "nobody answers any more" "$(timeout 1 python3 ask.py "$address" "$port")" ""
fi

# --- ready
check_equal "one that is ready goes on to its end" \
	"$(sfc run --network none --ready tcp:8080 "$dir/a.sqsh" -- sh -c 'httpd -p 8080 -h /; sleep 0.5; echo end'; echo $?)" "end
0"
mkfifo waiting
(sleep 0.3; : >up) &
check_equal "by a command of the host, which sees its root" \
	"$(sfc run --ready "test -e $dir/up -a -e \$SFC_ROOT/index.html" --timeout 10 "$dir/a.sqsh" -- sh -c 'sleep 1; echo end')" end
check_equal "by a page" "$(sfc run --network none --ready http://127.0.0.1:8080/index.html "$dir/a.sqsh" -- sh -c 'httpd -p 8080 -h /; sleep 1; echo end')" end

sfc run --network none --ready tcp:81 --timeout 1 --grace 0 "$dir/a.sqsh" -- sh -c 'trap : USR1; while :; do sleep 0.1; done' 2>said & waiting=$!
sleep 0.5
kill -USR1 "$waiting"
check "a signal that is the program's does not end the wait for it to be ready" wait_for 10 ended "$waiting"
kill -KILL "$waiting" 2>/dev/null
wait "$waiting"
check_equal "which has its limit" "$? $(grep ^sfc said)" "125 sfc: run: it was not ready within 1 s"

# --- another runtime: gVisor, whose kernel is another one
gvisor="--runtime $(command -v runsc) --runtime-arg --platform=ptrace --runtime-arg --network=none --runtime-arg --ignore-cgroups"
check "runsc runs a package on its own kernel" sh -c 'test "$(sfc run $1 "$2" -- cat /proc/version)" != "$(cat /proc/version)"' sh "$gvisor" "$dir/a.sqsh"
check_equal "its status comes back" "$(sfc run $gvisor "$dir/a.sqsh" -- sh -c 'echo out; exit 9'; echo $?)" "out
9"
check_fails "a command that is not there" 127 "sfc: run: 'nope' not found in the root's PATH" sfc run $gvisor "$dir/a.sqsh" -- nope
check "a name" sfc dev create web --from "$dir/root" -q
check_equal "test traces through it" "$(sfc test web -q $gvisor -- cat /index.html; sqlite3 "$SFC_STATE/test/web/manifest.db" \
	"SELECT count(*) FROM needed WHERE path IN ('/index.html', '/bin/busybox') AND opens")" "page
2"
check "nothing of it stays" sh -c '! pgrep -f "[r]unsc.*$1"' sh "$SFC_STATE"
# one that only says what it was asked, and is runc then
cat >recorder <<END
#!/bin/sh
echo "\$*" >>$dir/asked
exec runc "\$@"
END
chmod 755 recorder
check_equal "a program of one's own" "$(sfc run --runtime "$dir/recorder" --runtime-arg --log-format=text "$dir/a.sqsh" -- cat /index.html 2>&1)" page
check "gets what is for it before its command" grep -q -- '--root .* --log-format=text run ' asked

# --- roots
check_equal "slim of a name" "$(sfc slim -q --root web -o name.sfc -- cat /index.html >/dev/null && sfc run name.sfc)" page
check_equal "of a package" "$(sfc slim -q --root name.sfc -o again.sfc -- cat /index.html >/dev/null && sfc run again.sfc)" page
sfc slim --root web -o name.sfc -f -- cat /index.html >report 2>&1
check_equal "what we look up ourselves is no miss" "$(grep -c 'in vain by' report)" 0
check_fails "of what is none" 1 "sfc: slim: *'none'*" sfc slim --root none -o none.sfc -- cat /index.html
if [ -n "${SFC_TEST_LONG:-}" ]; then
	requires mmdebstrap --version
	check "of Debian's archive" sfc slim -q --root debian:bookworm -o debian.sfc -- cat /etc/debian_version
	check "it has what was used" sh -c 'sfc run debian.sfc | grep -q "^12"'
fi

# --- what the store keeps of packages that were run
mounted() {
	python3 -c 'import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
assert libc.setns(os.open(sys.argv[1], os.O_RDONLY), 0x20000) == 0
print("\n".join(sorted(os.listdir(sys.argv[2]))))' "$SFC_STATE/store/ns" "${1:-/mounts}"
}
in_store() {
	python3 -c 'import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
assert libc.setns(os.open(sys.argv[1], os.O_RDONLY), 0x20000) == 0
exec(sys.argv[2])' "$SFC_STATE/store/ns" "$1"
}
mkdir small
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do
	echo $i >root/number
	squash "$dir/root" "$dir/small/$i"
	[ "$(sfc run "$dir/small/$i" -- cat /number)" = $i ] || fail "package $i"
done
check_equal "sixteen are kept" "$(mounted | grep -c .)" 16
first=$(sha256sum small/19 | cut -d' ' -f1) other=$(sha256sum small/18 | cut -d' ' -f1)
in_store "import time; os.utime('/used/$other', (time.time() - 3700,) * 2)"
sfc run small/19 -- cat /number >/dev/null
check_equal "for an hour" "$(mounted | grep -c "$other")$(mounted | grep -c "$first")" 01
other=$(sha256sum small/17 | cut -d' ' -f1)
in_store "import time; os.truncate('/used/$other', 5 << 30); os.utime('/used/$other', (time.time() - 60,) * 2)"
sfc run small/19 -- cat /number >/dev/null
check_equal "and 4 GiB of them, the newest first" "$(mounted | grep -cE "$other")" 0
check "what is newer than that stays" test "$(mounted | grep -c .)" -ge 1
finish
