#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What `sfc run` costs above the runtime it drives: paired, in turns, on one machine and in one run, with
# crun on the same root and the same configuration, and with podman and docker where they are.
#
#	make bench-stage [BENCH_FLAGS='--json --rounds 15'], as root
#
# A root with busybox and nothing else; the command is true(1), so that nearly all of it is the start.
set -eu
: "${srcdir:?}" "${builddir:?}"
PATH=$builddir/stage:$builddir/pack:$builddir/fs:$PATH:/usr/sbin:/sbin
export PATH
json="" rounds=15
while [ $# -gt 0 ]; do
	case $1 in
	--json) json=1 ;;
	--rounds) rounds=$2; shift ;;
	--many) shift ;; # bench-prod's
	*) echo "bench-stage: unknown option '$1'" >&2; exit 2 ;;
	esac
	shift
done
[ "$(id -u)" = 0 ] || { echo "bench-stage: needs root" >&2; exit 77; }
for program in busybox mksquashfs jq crun; do
	command -v "$program" >/dev/null || { echo "bench-stage: needs $program" >&2; exit 77; }
done

dir=$(mktemp -d "${TMPDIR:-/var/tmp}/sfc-bench.XXXXXX")
SFC_STATE=$dir/state
export SFC_STATE
cleanup() {
	[ -z "${dockerd:-}" ] || { kill "$dockerd"; wait "$dockerd" || true; }
	awk -v d="$dir/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
		while IFS= read -r left; do umount -l "$left" 2>/dev/null || true; done
	rm -rf --one-file-system "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

mkdir -p "$dir/root/bin" "$dir/root/etc" "$dir/root/proc" "$dir/root/sys" "$dir/root/dev" "$dir/root/tmp"
cp "$(command -v busybox)" "$dir/root/bin/busybox"
for applet in sh true sleep; do ln -s busybox "$dir/root/bin/$applet"; done
echo root:x:0:0::/:/bin/sh >"$dir/root/etc/passwd"
mksquashfs "$dir/root" "$dir/root.sqsh" -comp zstd -quiet -no-progress >/dev/null

# crun's bundle is what sfc gives it, read from beside a container that runs; its root is ready.
sfc run "$dir/root.sqsh" -- sleep 5 & sfc=$!
until inside=$(pgrep -P "$sfc") && [ -s "/proc/$inside/root/run/sfc/container/bundle/config.json" ]; do sleep 0.05; done
sleep 0.5
mkdir -p "$dir/bundle"
jq --arg root "$dir/root" '.root.path = $root | .linux.cgroupsPath = "/sfc/bench-crun"
	| .process.args = ["true"] | .mounts |= map(select(.source | startswith("/run/sfc") | not))' \
	"/proc/$inside/root/run/sfc/container/bundle/config.json" >"$dir/bundle/config.json"
kill -TERM "$sfc"
wait "$sfc" 2>/dev/null || true

# crun refuses a tree of cgroups 2 beside one of 1; sfc takes it away in its own namespace, too
alone() {
	if [ -d /sys/fs/cgroup/unified ]; then
		unshare -m sh -c 'umount /sys/fs/cgroup/unified; exec "$@"' sh "$@"
	else
		"$@"
	fi
}

now() { date +%s%N; }

# sample NAME COMMAND…: its milliseconds, a line of $dir/NAME
sample() {
	name=$1
	shift
	begun=$(now)
	"$@" </dev/null >/dev/null
	ended=$(now)
	echo "$(((ended - begun) / 1000))" | awk '{ printf "%.2f\n", $1 / 1000 }' >>"$dir/ms-$name"
}


first() {
	sfc_state_drop
	sample first sfc run "$dir/root.sqsh" -- true
}
sfc_state_drop() {
	awk -v d="$dir/state/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
		while IFS= read -r left; do umount -l "$left"; done
	rm -rf "$dir/state/store"
}
podman_run() { podman --cgroup-manager=cgroupfs --runtime runc --root "$dir/podman" --runroot "$dir/podman-run" \
	run --rm --network=host --ulimit nofile=20000:20000 --ulimit nproc=30000:30000 --rootfs "$dir/podman-root" true; }

have_podman="" have_docker=""
if command -v podman >/dev/null; then
	cp -a "$dir/root" "$dir/podman-root"
	podman_run >/dev/null 2>&1 && have_podman=1
fi
if command -v dockerd >/dev/null && command -v docker >/dev/null; then
	dockerd --iptables=false --ip6tables=false --bridge=none --data-root "$dir/docker" --exec-root "$dir/docker-exec" \
		-H "unix://$dir/docker.sock" --pidfile "$dir/docker.pid" >"$dir/docker.log" 2>&1 & dockerd=$!
	tries=0
	until docker -H "unix://$dir/docker.sock" info >/dev/null 2>&1 || [ "$tries" -ge 100 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	tar -C "$dir/root" -c . | docker -H "unix://$dir/docker.sock" import - bench >/dev/null 2>&1 && have_docker=1
fi
docker_run() { docker -H "unix://$dir/docker.sock" run --rm --network=host bench true; }

sfc run "$dir/root.sqsh" -- true
cat >"$dir/crun-once" <<-'END'
	begun=$(date +%s%N)
	crun --root "$1/crun" run -b "$1/bundle" bench-crun </dev/null
	ended=$(date +%s%N)
	echo "$(((ended - begun) / 1000))" | awk '{ printf "%.2f\n", $1 / 1000 }' >>"$1/ms-crun"
END
round=0
while [ "$round" -lt "$rounds" ]; do
	alone sh "$dir/crun-once" "$dir"
	sample second sfc run "$dir/root.sqsh" -- true
	sample unconfined sfc run --seccomp unconfined "$dir/root.sqsh" -- true
	[ -z "$have_podman" ] || sample podman podman_run
	[ -z "$have_docker" ] || sample docker docker_run
	round=$((round + 1))
done
round=0
while [ "$round" -lt 5 ]; do
	first
	round=$((round + 1))
done

# summary FILE: median and the middle half
summary() {
	[ -s "$dir/ms-$1" ] || { echo "- - -"; return; }
	sort -n "$dir/ms-$1" | awk '{ v[NR] = $1 } END {
		printf "%.1f %.1f %.1f\n", v[int((NR + 1) / 2)], v[int((NR + 3) / 4)], v[int((3 * NR + 1) / 4)] }'
}

base=$(summary crun | cut -d' ' -f1)
line() {
	read -r median low high <<-END
		$(summary "$2")
	END
	[ "$median" != - ] || return 0
	ratio=$(awk -v a="$median" -v b="$base" 'BEGIN { printf "%.2f", a / b }')
	if [ -n "$json" ]; then
		jq -nc --arg what "$1" --argjson ms "$median" --argjson low "$low" --argjson high "$high" \
			--argjson ratio "$ratio" '{what: $what, ms: $ms, low: $low, high: $high, ratio: $ratio}'
	else
		printf '%-44s %8s ms  (%s to %s)  %5s × crun\n' "$1" "$median" "$low" "$high" "$ratio"
	fi
}
line "crun run, root ready, same configuration" crun
line "sfc run, the second time" second
line "sfc run --seccomp unconfined" unconfined
line "sfc run, the first time of a package" first
line "podman run --rootfs" podman
line "docker run" docker
