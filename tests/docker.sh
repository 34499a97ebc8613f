# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # dir is of tests/lib.sh
# A docker daemon of the test's own, on nothing but a socket in $dir, and gone with it. Sourced.

# docker_traced: with it, all that tests want whose images have tracefs in them.
docker_traced() {
	requires root
	requires fuse
	requires sqlite3 --version
	requires jq --version
	requires skopeo --version
	requires docker-compose version
	requires dockerd --version
	[ -x "$builddir/fs/tracefs-static" ] || skip "tracefs is not linked statically in this build"
	TMPDIR=$dir/tmp
	export TMPDIR
	mkdir "$TMPDIR"
	docker_up
}

# docker_root APPLET…: what its images are of, in root/: busybox, and a user web.
docker_root() {
	requires busybox true
	mkdir -p root/bin root/etc root/srv root/tmp
	cp "$(command -v busybox)" root/bin/busybox
	for applet; do ln -s busybox "root/bin/$applet"; done
	printf 'root:x:0:0::/root:/bin/sh\nweb:x:33:33::/srv:/bin/sh\n' >root/etc/passwd
	printf 'root:x:0:\nweb:x:33:\n' >root/etc/group
}

# docker_up: DOCKER_HOST is it. Networks and ports of 127.0.0.1 are there; the host's rules stay as they are.
docker_up() {
	mkdir -p "$dir/daemon"
	# beside other daemons it must not take what has the same name
	dockerd --iptables=false --ip6tables=false --bridge=none --storage-driver=overlay2 --data-root "$dir/daemon/data" \
		--exec-root "$dir/daemon/exec" -H "unix://$dir/daemon/sock" --pidfile "$dir/daemon/pid" >"$dir/daemon/log" 2>&1 &
	docker_pid=$!
	on_exit docker_down "$docker_pid" "$dir/daemon"
	export DOCKER_HOST="unix://$dir/daemon/sock"
	wait_for 30 docker_answers || fail "dockerd does not come up: $(tail -n 1 "$dir/daemon/log")"
}

docker_answers() {
	docker version >/dev/null 2>&1
}

# docker_down PID DIR: all its containers and networks, and itself.
docker_down() {
	docker ps -aq | xargs -r docker rm -f >/dev/null 2>&1
	docker network prune -f >/dev/null 2>&1
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	awk -v below="$2/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r -n 1 umount -l 2>/dev/null
}
