#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# --to quadlet: what was asked for in the words of podman's quadlets, and what it cannot say is refused. The long form
# boots a machine in which podman's generator makes units of it, of root's and of a user's, and systemd starts them.
# shellcheck disable=SC2016,SC2317 # no variable of ours; check calls the functions
. "${srcdir:-.}/tests/lib.sh"
requires root
requires fuse
requires busybox true

mkdir tmp && TMPDIR=$dir/tmp && export TMPDIR
mkdir -p root/bin root/etc root/srv/data root/tmp
cp "$(command -v busybox)" root/bin/busybox
for applet in sh touch; do ln -s busybox "root/bin/$applet"; done
chmod 777 root/srv/data
chmod 1777 root/tmp
printf '#!/bin/sh\ntouch /srv/data/x /tmp/x\n' >root/entry
chmod 755 root/entry
check "a package of what a run used" sfc slim -q --root root -u 33:44 --compare none -o app.sfc -- /entry
to() { tracepack export app.sfc --to quadlet --image localhost/web:1 --name web -q "$@"; }

# --- its words ------------------------------------------------------------------------------------
cat >asked.json <<'JSON'
{"command": ["/entry", "a  b", "it's \"c\"\\", "%h $x\n"]}
JSON
check "with what was asked for" to --asked asked.json -p 127.0.0.1:8080:80 -p '[::1]:53:53/udp' -m 64M --memory-reservation 32M --cpus 0.5 \
	--pids 50 --restart on-failure --grace 2.5 --read-only --hostname h1 -e 'VALUE=$b "c" \t%i' -v '/srv/x y:/mnt:ro' --tmpfs /cache:2M \
	--cap-add NET_RAW --device /dev/fuse --exec-probe 'touch "/tmp/$x"' -o web.container
check_equal "are in podman's" "$(grep -v '^#\|^Environment="\(HOME\|LANG\|LC_ALL\|PATH\)=' web.container)" '[Unit]
Description=web

[Container]
Image=localhost/web:1
ContainerName=web
Entrypoint=["/entry","a  b","it'"'"'s \"c\"\\","%%h $$x\n"]
Environment="VALUE=$$b \"c\" \\t%%i"
User=33
Group=44
WorkingDir=/
HostName=h1
PodmanArgs=--stop-signal "SIGTERM"
StopTimeout=3
HealthCmd=["CMD","/bin/sh","-c","touch \"/tmp/$$x\""]
DropCapability=all
AddCapability=NET_RAW
NoNewPrivileges=true
ReadOnly=true
AddDevice=/dev/fuse
PidsLimit=50
PodmanArgs=--memory=67108864b
PodmanArgs=--memory-reservation=33554432b
PodmanArgs=--cpus=0.500
Tmpfs=/run:nosuid,nodev,mode=755
Tmpfs=/tmp:nosuid,nodev,mode=1777
Tmpfs=/cache:mode=1777,size=2097152
Tmpfs=/srv/data:mode=1777
Volume=/srv/x y:/mnt:ro
PublishPort=127.0.0.1:8080:80/tcp
PublishPort=[::1]:53:53/udp

[Service]
Restart=on-failure
TimeoutStopSec=13

[Install]
WantedBy=default.target'

# --- what it cannot say ---------------------------------------------------------------------------
cannot() {
	what=$1
	shift
	check_fails "it cannot express $what" 1 "tracepack: export: quadlet cannot express --$what*" to -o refused "$@"
}
cannot 'publish 8081-8083:80: *' -p 8081-8083:80
cannot 'publish 80:80: *' -p 80:80 --network none
cannot 'count' --count 3
cannot 'restart on-failure:3: *' --restart on-failure:3
cannot 'ready tcp:80' --ready tcp:80
cannot 'health http://x/' --health http://x/
cannot 'http-probe /x' --http-probe /x
cannot 'userns keep-id' --userns keep-id
cannot ephemeral --ephemeral
check_fails "nor a line break in a line" 1 "tracepack: export: a quadlet cannot hold HostName 'h1?nUser=0'" to -o refused --hostname 'h1
User=0'
check "leaves nothing" test ! -e refused

# --- started --------------------------------------------------------------------------------------
if [ -n "${SFC_TEST_LONG:-}" ]; then
	# shellcheck source=tests/guest.sh
	. "$srcdir/tests/guest.sh"
	guest_root podman,runc,crun,conmon,golang-github-containers-common,busybox-static,jq,uidmap,slirp4netns,procps
	# Debian's podman is older than quadlets; the generator of the next release goes with it
	if [ ! -e "$guest_root/usr/lib/systemd/system-generators/podman-system-generator" ]; then
		mmdebstrap --quiet --variant=extract --include=podman trixie next >next.log 2>&1 || skip "no podman of trixie"
		mkdir -p "$guest_root/usr/libexec/podman" "$guest_root/usr/lib/systemd/system-generators" "$guest_root/usr/lib/systemd/user-generators"
		cp next/usr/libexec/podman/quadlet "$guest_root/usr/libexec/podman/"
		ln -s ../../../libexec/podman/quadlet "$guest_root/usr/lib/systemd/system-generators/podman-system-generator"
		ln -s ../../../libexec/podman/quadlet "$guest_root/usr/lib/systemd/user-generators/podman-user-generator"
		rm -rf next
	fi
	guest_disk disk
	guest_run disk guest/quadlet.sh 300
fi
finish
