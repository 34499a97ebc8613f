# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # dir is of tests/lib.sh
# A docker daemon of the test's own, on nothing but a socket in $dir, and gone with it. Sourced.

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
