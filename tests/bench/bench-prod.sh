#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What `sfc prod` costs: one start until it accepts connections, paired in turns with conmon and crun on the same root
# and the same configuration; many starts, each of which answers; looking at them; stopping them; what of ours stays.
#
#	make bench-stage [BENCH_FLAGS='--json --rounds 15 --many 1000'], as root
#
# --many: how many instances are started at once [100]. They listen on ports 20001 and following.
set -eu
: "${srcdir:?}" "${builddir:?}"
PATH=$builddir/stage:$builddir/pack:$builddir/fs:$PATH:/usr/sbin:/sbin
export PATH
json="" rounds=15 many=100
while [ $# -gt 0 ]; do
	case $1 in
	--json) json=1 ;;
	--rounds) rounds=$2; shift ;;
	--many) many=$2; shift ;;
	*) echo "bench-prod: unknown option '$1'" >&2; exit 2 ;;
	esac
	shift
done
[ "$(id -u)" = 0 ] || { echo "bench-prod: needs root" >&2; exit 77; }
for program in busybox mksquashfs jq crun conmon curl; do
	command -v "$program" >/dev/null || { echo "bench-prod: needs $program" >&2; exit 77; }
done

dir=$(mktemp -d "${TMPDIR:-/var/tmp}/sfc-bench.XXXXXX")
SFC_STATE=$dir/state
export SFC_STATE
cleanup() {
	sfc prod rm --all --grace 0 >/dev/null 2>&1 || true
	awk -v d="$dir/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
		while IFS= read -r left; do umount -l "$left" 2>/dev/null || true; done
	rm -rf --one-file-system "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A web server of busybox: each instance has a port of its own.
tree=$dir/tree
mkdir -p "$tree/sfc" "$tree/rootfs/bin" "$tree/rootfs/www"
for place in etc proc sys dev tmp; do mkdir "$tree/rootfs/$place"; done
cp "$(command -v busybox)" "$tree/rootfs/bin/busybox"
for tool in sh httpd; do ln -s busybox "$tree/rootfs/bin/$tool"; done
echo root:x:0:0::/:/bin/sh >"$tree/rootfs/etc/passwd"
echo hello >"$tree/rootfs/www/index.html"
# shellcheck disable=SC2016 # for the shell inside
jq -n '{ociVersion: "1.0.2", root: {path: "rootfs"}, process: {user: {uid: 0, gid: 0}, cwd: "/",
	args: ["/bin/sh", "-c", "exec httpd -f -p $((20000 + ${SFC_INSTANCE:-0})) -h /www"], env: ["PATH=/bin"]}}' >"$tree/config.json"
echo '{"name": "web"}' >"$tree/sfc/package.json"
mksquashfs "$tree" "$dir/web.sfc" -comp zstd -all-root -quiet -no-progress >/dev/null
sfc prod install "$dir/web.sfc" >/dev/null 2>&1

now() { date +%s%N; }
# took NAME BEGUN: since then, as a line of $dir/ms-NAME
took() { echo "$((($(now) - $2) / 1000))" | awk '{ printf "%.2f\n", $1 / 1000 }' >>"$dir/ms-$1"; }

# --- one, to the first connection
listens() { curl -fsS -o /dev/null "http://127.0.0.1:$1/" 2>/dev/null; }
sfc prod start web/1 --ready tcp:20001 >/dev/null
conmon=$(sfc prod inspect web/1 --json | jq '.[0].conmon')
mkdir -p "$dir/bundle/log"
jq --arg root "$tree/rootfs" '.root.path = $root | .linux.cgroupsPath = "/sfc/bench-crun"
	| .process.env += ["SFC_INSTANCE=1"] | .mounts |= map(select(.source | startswith("/run/sfc") | not))' \
	"/proc/$conmon/root/run/sfc/container/bundle/config.json" >"$dir/bundle/config.json"
sfc prod stop web/1
# crun refuses a tree of cgroups 2 beside one of 1; sfc takes it away in its own namespace, too
cat >"$dir/peer" <<-'END'
	[ ! -d /sys/fs/cgroup/unified ] || umount /sys/fs/cgroup/unified
	begun=$(date +%s%N)
	conmon --api-version 1 -c bench -u bench -n bench -r "$(command -v crun)" --runtime-arg --root --runtime-arg "$1/crun" \
		-b "$1/bundle" -p "$1/pid" --persist-dir "$1/bundle" -l "k8s-file:$1/log" --socket-dir-path "$1/bundle" --no-sync-log
	while [ ! -s "$1/pid" ]; do :; done
	until crun --root "$1/crun" start bench 2>/dev/null; do :; done
	until curl -fsS -o /dev/null http://127.0.0.1:20001/ 2>/dev/null; do :; done
	ended=$(date +%s%N)
	echo "$(((ended - begun) / 1000))" | awk '{ printf "%.2f\n", $1 / 1000 }' >>"$1/ms-peer"
	crun --root "$1/crun" delete -f bench
	rm -f "$1/pid"
END
round=0
while [ "$round" -lt "$rounds" ]; do
	unshare -m sh "$dir/peer" "$dir"
	begun=$(now)
	sfc prod start web/1 >/dev/null
	until listens 20001; do :; done
	took one "$begun"
	sfc prod stop web/1 --grace 0
	round=$((round + 1))
done
sfc prod rm web/1

# --- many, which have nothing to be ready by: 200 ms of life, once for all
begun=$(now)
sfc prod start web --count "$many" >/dev/null
took many "$begun"
answered=0
for i in $(seq "$many"); do ! listens $((20000 + i)) || answered=$((answered + 1)); done
pss=$(sfc prod inspect web --json | jq -r '.[0].instances[].conmon' | while read -r pid; do cat "/proc/$pid/smaps_rollup"; done |
	awk -v n="$many" '$1 == "Pss:" { sum += $2 } END { printf "%.0f", sum / n }')
begun=$(now)
sfc prod stop web --grace 0
took stop "$begun"
begun=$(now)
sfc prod start web >/dev/null
took again "$begun"

# --- looking at all, and at ten
round=0
while [ "$round" -lt "$rounds" ]; do
	begun=$(now)
	sfc ps >/dev/null
	took list "$begun"
	round=$((round + 1))
done
if [ "$many" -gt 10 ]; then
	sfc prod list web -q | tail -n +11 | xargs sfc prod rm --grace 0
fi
round=0
while [ "$round" -lt "$rounds" ]; do
	begun=$(now)
	sfc ps >/dev/null
	took ten "$begun"
	round=$((round + 1))
done

# line WHAT FILE [BASE]: median and the middle half
line() {
	read -r median low high <<-END
		$(sort -n "$dir/ms-$2" | awk '{ v[NR] = $1 } END { printf "%.1f %.1f %.1f\n", v[int((NR + 1) / 2)], v[int((NR + 3) / 4)], v[int((3 * NR + 1) / 4)] }')
	END
	if [ -n "$json" ]; then
		jq -nc --arg what "$1" --argjson ms "$median" --argjson low "$low" --argjson high "$high" \
			'{what: $what, ms: $ms, low: $low, high: $high}'
	else
		printf '%-52s %8s ms  (%s to %s)\n' "$1" "$median" "$low" "$high"
	fi
}
line "conmon and crun, root ready, until it answers" peer
line "sfc prod start --ready, until it answers" one
line "sfc prod start --count $many, new" many
line "sfc prod stop of $many that end at once" stop
line "sfc prod start of $many that were stopped" again
line "sfc ps with $many" list
line "sfc ps with ten" ten
if [ -n "$json" ]; then
	jq -nc --argjson n "$many" --argjson answered "$answered" --argjson pss "$pss" \
		'{what: "each of ours", instances: $n, answered: $answered, pss_kb: $pss}'
else
	echo "$answered of $many answered; $pss kB (PSS) of ours stay for each"
fi
