#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# --to portable: on a machine whose process 1 is systemd the image is attached by portablectl, and the unit beside it is
# started as it is; both are as they were asked to be. What a unit cannot say is refused.
# shellcheck disable=SC2016,SC2317,SC2119 # programs in quotes; called by wait_for; no option
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/boot.sh
. "$srcdir/tests/boot.sh"
requires fuse
requires busybox true
requires command -v unsquashfs

mkdir tmp && TMPDIR=$dir/tmp && export TMPDIR
mkdir -p root/bin root/srv/data root/keep host
cp "$(command -v busybox)" root/bin/busybox
for applet in sh cat id sleep touch grep ls; do ln -s busybox "root/bin/$applet"; done
chown 33:44 root/srv/data
echo kept >root/keep/file
echo host >host/file
cat >root/entry <<'END2'
#!/bin/sh
for word; do echo "<$word>"; done
echo "$VALUE"
id -u; pwd
touch /srv/data/x && echo data
touch /tmp/x && echo tmp
touch /keep/x 2>/dev/null || echo read-only
[ "$1" != once ] || exit 0
cat /mnt/file
touch /mnt/x 2>/dev/null || echo mnt is read-only
grep -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/self/status
ls /dev/loop0 /dev/mem 2>&1 | grep -c 'No such'
trap 'echo asked; exit 0' TERM
echo up
while :; do sleep 0.1; done
END2
chmod 755 root/entry
mkdir root/mnt && echo >root/mnt/file
check "a package of what a run used" sfc slim -q --root root -u 33:44 --include /keep/file --include /bin/cat --include /bin/grep --include /bin/ls \
	--include /bin/sleep --include /mnt/file --compare none -o app.sfc -- /entry once
to() { tracepack export app.sfc --to portable --name web "$@"; }
cat >asked.json <<'JSON'
{"command": ["/entry", "a  b", "it's \"c\"\\", "%h $x ;", ";"]}
JSON

# --- its words ------------------------------------------------------------------------------------
check "with what was asked for" to --asked asked.json -m 64M --memory-reservation 32M --cpus 0.5 --pids 50 --restart on-failure --grace 2.5 \
	-e 'VALUE=$b "c" \t%i' -v "/srv/host:/mnt:ro" --tmpfs /cache:2M --cap-add NET_RAW --network none -q -o out
check_equal "an image and a unit" "$(ls out)" "web.raw
web.service"
check_equal "are in systemd's words" "$(grep -v '^#\|^Environment="\(HOME\|LANG\|LC_ALL\|PATH\)=' out/web.service)" '[Unit]
Description=web

[Service]
RootImage='"$dir"'/out/web.raw
MountAPIVFS=yes
Type=exec
ExecStart=:"/entry" "a  b" "it'"'"'s \"c\"\\" "%%h $x ;" ";"
Environment="VALUE=$b \"c\" \\t%%i"
User=33
Group=44
WorkingDirectory=/
KillSignal=SIGTERM
KillMode=mixed
TimeoutStopSec=2500ms
Restart=on-failure
CapabilityBoundingSet=CAP_NET_RAW
NoNewPrivileges=yes
PrivateDevices=yes
PrivateIPC=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
MemoryMax=67108864
MemoryLow=33554432
TasksMax=50
CPUQuota=50.0%
TemporaryFileSystem="/var/tmp":"mode=1777"
TemporaryFileSystem="/run":"nosuid,nodev,mode=755"
TemporaryFileSystem="/tmp":"nosuid,nodev,mode=1777"
TemporaryFileSystem="/cache":"mode=1777,size=2097152"
TemporaryFileSystem="/srv/data":"mode=755,uid=33,gid=44"
BindReadOnlyPaths="/srv/host":"/mnt"
PrivateNetwork=yes

[Install]
WantedBy=multi-user.target'
check "the image has the unit" sh -c 'unsquashfs -q -n -d x out/web.raw >/dev/null && sed /^RootImage=/d out/web.service | cmp - x/usr/lib/systemd/system/web.service'
check_equal "a release, and places for what is mounted" "$(cd x && cat usr/lib/os-release && stat -c '%n %a' dev proc sys run tmp var/tmp cache | paste -sd,)" \
	'ID=linux
PRETTY_NAME="web"
dev 755,proc 555,sys 555,run 755,tmp 1777,var/tmp 1777,cache 755'
to --asked asked.json -m 64M --memory-reservation 32M --cpus 0.5 --pids 50 --restart on-failure --grace 2.5 \
	-e 'VALUE=$b "c" \t%i' -v "/srv/host:/mnt:ro" --tmpfs /cache:2M --cap-add NET_RAW --network none -q -o again
check "once more has the same bytes, but for where it is" cmp out/web.raw again/web.raw

# --- what it cannot say ---------------------------------------------------------------------------
cannot() {
	what=$1
	shift
	check_fails "it cannot express $what" 1 "tracepack: export: portable cannot express --$what*" to -q -o refused "$@"
}
cannot 'publish 80:80' -p 80:80
cannot 'count' --count 3
cannot 'hostname h1' --hostname h1
cannot 'restart on-failure:3: *' --restart on-failure:3
cannot 'network private: *' --network private
cannot 'device /dev/fuse' --device /dev/fuse
cannot 'ready tcp:80' --ready tcp:80
cannot 'exec-probe true' --exec-probe true
cannot 'userns keep-id' --userns keep-id
cannot ephemeral --ephemeral
cannot 'volume /none: the root has no such place*' -v /srv:/none
check_fails "a place with a quote in it" 1 "tracepack: export: a unit cannot hold TemporaryFileSystem '/a\"b'" to -q -o refused --tmpfs '/a"b'
check_fails "a variable that systemd leaves out" 1 "tracepack: export: a unit cannot hold the variable 'a.b'" to -q -e a.b=c -o refused
check "leaves nothing" test ! -e refused

# --- started --------------------------------------------------------------------------------------
boot_root systemd-container
mkdir -p "$boot_root/srv/host" "$boot_root/opt"
cp host/file "$boot_root/srv/host/"
to --asked asked.json -e 'VALUE=$b "c" \t%i' -v /srv/host:/mnt:ro -q -o plain
sed -i "s|^RootImage=.*|RootImage=/opt/web.raw|" plain/web.service
cp plain/web.raw "$boot_root/opt/"
cp plain/web.service "$boot_root/etc/systemd/system/plain.service"
mkdir -p "$boot_root/etc/systemd/system/plain.service.d"
said='<a  b>
<it'"'"'s "c"\>
<%h $x ;>
<;>
$b "c" \t%i
33
/
data
tmp
read-only
host
mnt is read-only
CapBnd: 0000000000000000
NoNewPrivs: 1
Seccomp: 2
2
up'
boot_up || { fail "it boots"; finish; }
journal() { boot_run journalctl -o cat "_SYSTEMD_UNIT=$1" 2>/dev/null | sed 's/:\t/: /'; }
is_up() { journal "$1" | grep -q '^up$'; }
ended() { journal "$1" | grep -q '^asked$'; }
lives() { # UNIT CLAIM
	wait_for 10 is_up "$1" || fail "it is not up: $(boot_run systemctl status "$1" 2>&1 | tail -n 8)"
	check_equal "$2, and is as it was asked to be" "$(journal "$1")" "$said"
	check "it is stopped" boot_run systemctl stop "$1"
	check "having been asked" wait_for 10 ended "$1"
}
check_equal "nothing in the unit is unknown to systemd" "$(boot_run systemd-analyze verify --man=no plain.service 2>&1 | grep -v 'Command /entry is not executable')" ""
check "the unit beside the image is started" boot_run systemctl start plain.service
lives plain.service "it runs"
check "portablectl attaches the image" boot_run portablectl attach --profile=trusted /opt/web.raw
check "whose unit is started" boot_run systemctl start web.service
lives web.service "it runs, too"
check "and goes" boot_run portablectl detach /opt/web.raw
check_equal "with its unit" "$(boot_run systemctl show -P LoadState web.service)" not-found
boot_down
finish
