#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In a guest, by tests/t-export-quadlet.sh: podman's generator makes units of what sfc export wrote, root's and a
# user's; systemd starts them, and they are as they were asked to be.
# shellcheck disable=SC2016,SC2317 # programs in quotes; called by wait_for
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
cleanups=
chmod 755 "$dir"

mkdir -p root/bin root/etc root/srv root/tmp root/keep root/mnt host
chmod 1777 root/tmp
echo host >host/file
cp "$(command -v busybox)" root/bin/busybox
for applet in sh cat id sleep touch grep hostname ls; do ln -s busybox "root/bin/$applet"; done
cat >root/entry <<'END2'
#!/bin/sh
for word; do echo "<$word>"; done
echo "$VALUE"
id -u; pwd; hostname
cat /mnt/file
touch /mnt/x 2>/dev/null || echo mnt is read-only
touch /tmp/x /cache/x && echo tmp
touch /keep/x 2>/dev/null || echo read-only
grep -E '^(CapBnd|CapEff|NoNewPrivs)' /proc/self/status
ls /sys/class/net
trap 'echo asked; exit 0' USR1
echo up
while :; do sleep 0.1; done
END2
chmod 755 root/entry
cat >start.json <<'JSON'
{"ociVersion": "1.0.2", "process": {"user": {"uid": 33, "gid": 44}, "args": ["/entry", "a  b", "it's \"c\"\\", "%h $x"],
 "env": ["PATH=/bin"], "cwd": "/srv", "capabilities": {"bounding": ["CAP_CHOWN", "CAP_NET_RAW"]}},
 "annotations": {"org.opencontainers.image.stopSignal": "SIGUSR1"}}
JSON
check "an image" tracepack export root --to docker --name localhost/web:1 --config start.json -q -o web.tar
chmod 644 web.tar
to() {
	tracepack export root --to quadlet --image localhost/web:1 --name web --config start.json -q -f --read-only --hostname h1 \
		-e 'VALUE=$b "c" \t%i' -v "$dir/host:/mnt:ro" --tmpfs /cache:2M --cap-add NET_RAW --network none --grace 20 "$@"
}
said='<a  b>
<it'"'"'s "c"\>
<%h $x>
$b "c" \t%i
33
/srv
h1
host
mnt is read-only
tmp
read-only
CapEff: 0000000000002000
CapBnd: 0000000000002000
NoNewPrivs: 1
lo
up'
# is_up COMMAND…: podman of whoever it is knows it to be
is_up() { "$@" podman logs web 2>/dev/null | grep -q '^up$'; }
logs() { "$@" podman logs web 2>&1 | sed 's/:\t/: /'; }

# --- root's ---------------------------------------------------------------------------------------
podman load -q -i web.tar >/dev/null 2>&1 || fail "podman does not load it"
mkdir -p /etc/containers/systemd
check "a quadlet with limits" to -m 64M --pids 50 --cpus 0.5 -o /etc/containers/systemd/web.container
systemctl daemon-reload
check_equal "is a unit" "$(systemctl show -P LoadState web.service)" loaded
check "that systemd starts" systemctl start web.service
wait_for 60 is_up env || fail "it is not up: $(systemctl status web.service 2>&1 | tail -n 5)"
check_equal "and is as it was asked to be" "$(logs env)" "$said"
check_equal "active, with conmon as its main process" "$(systemctl is-active web.service) $(cat "/proc/$(systemctl show -P MainPID web.service)/comm")" "active conmon"
check_equal "within its limits" "$(podman inspect web | jq -c '.[0].HostConfig | [.Memory, .PidsLimit, .NanoCpus]')" '[67108864,50,500000000]'
group=/sys/fs/cgroup$(sed 's/^0:://' "/proc/$(podman inspect -f '{{.State.Pid}}' web)/cgroup")
check_equal "which its group has" "$(cat "$group/memory.max" "$group/pids.max" "$group/cpu.max" | paste -sd,)" '67108864,50,50000 100000'
(podman logs -f web >ended 2>&1 &)
check "it is stopped" systemctl stop web.service
check "having been asked by its own signal" wait_for 10 grep -q '^asked$' ended
check_equal "and is gone" "$(systemctl is-active web.service) $(podman ps -aq | wc -l)" "inactive 0"

# --- a user's -------------------------------------------------------------------------------------
useradd -m -s /bin/sh person
uid=$(id -u person)
loginctl enable-linger person
as() { runuser -u person -- env -C /home/person HOME=/home/person XDG_RUNTIME_DIR="/run/user/$uid" PATH="$PATH" "$@"; }
user_is_up() { as systemctl --user is-system-running | grep -qE 'running|degraded'; }
check "a user's manager" wait_for 60 user_is_up
as podman load -q -i "$dir/web.tar" >/dev/null 2>said || fail "podman of a user does not load it: $(cat said)"
as mkdir -p /home/person/.config/containers/systemd
to -o web.container && cp web.container /home/person/.config/containers/systemd/
as systemctl --user daemon-reload
check "his quadlet is started" as systemctl --user start web.service
wait_for 60 is_up as || fail "it is not up: $(as systemctl --user status web.service 2>&1 | tail -n 5)"
check_equal "and is as it was asked to be" "$(logs as)" "$said"
check_equal "by him, and nobody else" "$(awk '/^Uid/ { print $2 }' "/proc/$(as podman inspect -f '{{.State.ConmonPid}}' web)/status") $(podman ps -aq | wc -l)" "$uid 0"
check "and stopped" as systemctl --user stop web.service
finish
