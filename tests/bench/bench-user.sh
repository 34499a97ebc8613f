#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What sfc costs a plain user beside root, in turns on one machine: run, start, many instances and what each of them
# is in memory and takes of it (what they share counts once), slim.
#
#	make bench-user [BENCH_FLAGS='--json --rounds 15 --many 100'], as root
#
# The user is made for it, and removed; /dev/fuse and /dev/net/tun are opened to all, as udev does it.
set -eu
: "${srcdir:?}" "${builddir:?}"
PATH=$PATH:/usr/sbin:/sbin
export PATH
json="" rounds=15 many=100
while [ $# -gt 0 ]; do
	case $1 in
	--json) json=1 ;;
	--rounds) rounds=$2; shift ;;
	--many) many=$2; shift ;;
	*) echo "bench-user: unknown option '$1'" >&2; exit 2 ;;
	esac
	shift
done
[ "$(id -u)" = 0 ] || { echo "bench-user: needs root" >&2; exit 77; }
for program in busybox mksquashfs jq crun conmon curl useradd newuidmap squashfuse_ll; do
	command -v "$program" >/dev/null || { echo "bench-user: needs $program" >&2; exit 77; }
done

dir=$(mktemp -d "${TMPDIR:-/var/tmp}/sfc-bench.XXXXXX")
user=sfcb$$
as_root() { env HOME="$dir" SFC_STATE="$dir/state" PATH="$dir/bin:$PATH" "$@"; }
as_user() {
	setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups env -i HOME="$dir/home" \
		PATH="$dir/bin:/usr/bin:/bin" "$@"
}
cleanup() {
	as_root sfc prod rm --all --grace 0 >/dev/null 2>&1 || true
	as_user sfc prod rm --all --grace 0 >/dev/null 2>&1 || true
	awk -v d="$dir/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
		while IFS= read -r left; do umount -l "$left" 2>/dev/null || true; done
	userdel "$user" 2>/dev/null || true
	rm -rf --one-file-system "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
chmod 755 "$dir"
mkdir -p "$dir/bin" "$dir/home" "$dir/share/sfc-tools"
cp "$builddir/stage/sfc" "$builddir/fs/tracefs" "$builddir/pack/tracepack" "$dir/bin/"
cp -r "$srcdir/pack/need/customs.d" "$dir/share/sfc-tools/customs.d"
useradd --no-create-home --home-dir "$dir/home" "$user"
chown "$user:" "$dir/home"
chmod 666 /dev/fuse /dev/net/tun

# A web server of busybox, each with a port of its own.
tree=$dir/tree
mkdir -p "$tree/sfc" "$tree/rootfs/bin" "$tree/rootfs/www"
for place in etc proc sys dev tmp; do mkdir "$tree/rootfs/$place"; done
cp "$(command -v busybox)" "$tree/rootfs/bin/busybox"
for tool in sh httpd true; do ln -s busybox "$tree/rootfs/bin/$tool"; done
echo root:x:0:0::/:/bin/sh >"$tree/rootfs/etc/passwd"
echo hello >"$tree/rootfs/www/index.html"
# shellcheck disable=SC2016 # for the shell inside
jq -n '{ociVersion: "1.0.2", root: {path: "rootfs"}, process: {user: {uid: 0, gid: 0}, cwd: "/",
	args: ["/bin/sh", "-c", "exec httpd -f -p $((21000 + ${SFC_INSTANCE:-0})) -h /www"], env: ["PATH=/bin"]}}' >"$tree/config.json"
echo '{"name": "web"}' >"$tree/sfc/package.json"
mksquashfs "$tree" "$dir/web.sfc" -comp zstd -all-root -quiet -no-progress >/dev/null
cp "$dir/web.sfc" "$dir/home/web.sfc"
chown "$user:" "$dir/home/web.sfc"

now() { date +%s%N; }
# took NAME BEGUN: since then, as a line of $dir/ms-NAME
took() { echo "$((($(now) - $2) / 1000))" | awk '{ printf "%.2f\n", $1 / 1000 }' >>"$dir/ms-$1"; }
# sample NAME COMMAND…
sample() {
	sample_name=$1
	shift
	sample_begun=$(now)
	"$@" </dev/null >/dev/null 2>&1 || return 0
	took "$sample_name" "$sample_begun"
}
listens() { curl -fsS -o /dev/null "http://127.0.0.1:$1/" 2>/dev/null; }
# memory_of AS FIELD: RSS and PSS of these processes of all instances, kB a piece
memory_of() {
	"$1" sfc prod inspect web --json | jq -r ".[0].instances[].$2" | while read -r pid; do cat "/proc/$pid/smaps_rollup"; done |
		awk -v n="$many" '$1 == "Rss:" { rss += $2 } $1 == "Pss:" { pss += $2 } END { printf "%.0f %.0f", rss / n, pss / n }'
}

# --- run, start, slim: in turns
for who in root user; do
	sample "install-$who" "as_$who" sfc prod install "$dir/web.sfc"
	"as_$who" sfc run "$dir/home/web.sfc" -- true >/dev/null 2>&1 || { echo "bench-user: no sfc run as $who" >&2; exit 1; }
	"as_$who" sfc prod start web/1 --ready tcp:21001 >/dev/null
	"as_$who" sfc prod stop web/1 --grace 0 >/dev/null
done
cp -a "$tree/rootfs" "$dir/root"
round=0
while [ "$round" -lt "$rounds" ]; do
	for who in root user; do
		sample "run-$who" "as_$who" sfc run "$dir/home/web.sfc" -- true
		begun=$(now)
		"as_$who" sfc prod start web/1 >/dev/null
		until listens 21001; do :; done
		took "start-$who" "$begun"
		"as_$who" sfc prod stop web/1 --grace 0 >/dev/null
		[ "$round" -ge 5 ] || ! "as_$who" test -w "$dir/home" || sample "slim-$who" "as_$who" sfc slim -q -f --root "$dir/root" -o "$dir/home/slim-$who.sfc" --compare none -- true
	done
	round=$((round + 1))
done

# --- many
for who in root user; do
	"as_$who" sfc prod rm web/1 >/dev/null
	begun=$(now)
	"as_$who" sfc prod start web --count "$many" >/dev/null
	took "many-$who" "$begun"
	answered=0
	for i in $(seq "$many"); do ! listens $((21000 + i)) || answered=$((answered + 1)); done
	round=0
	while [ "$round" -lt 5 ]; do
		sample "list-$who" "as_$who" sfc ps
		round=$((round + 1))
	done
	echo "$answered $(memory_of "as_$who" conmon) $(memory_of "as_$who" pid)" >"$dir/each-$who"
	begun=$(now)
	"as_$who" sfc prod stop web --grace 0 >/dev/null
	took "stop-$who" "$begun"
done

median() { sort -n "$dir/ms-$1" | awk '{ v[NR] = $1 } END { printf "%.1f", v[int((NR + 1) / 2)] }'; }
line() {
	[ -s "$dir/ms-$2-root" ] && [ -s "$dir/ms-$2-user" ] || return 0
	if [ -n "$json" ]; then
		jq -nc --arg what "$1" --argjson root "$(median "$2-root")" --argjson user "$(median "$2-user")" '{what: $what, root_ms: $root, user_ms: $user}'
	else
		printf '%-44s %9s ms %9s ms\n' "$1" "$(median "$2-root")" "$(median "$2-user")"
	fi
}
[ -n "$json" ] || printf '%-44s %12s %12s\n' "" root "a user"
line "sfc run, from the second time on" run
line "sfc prod install" install
line "sfc prod start, until it answers" start
line "sfc prod start --count $many" many
line "sfc prod stop of them" stop
line "sfc ps with them" list
line "sfc slim of true" slim
for who in root user; do
	read -r answered conmon_rss conmon program_rss program <"$dir/each-$who"
	if [ -n "$json" ]; then
		jq -nc --arg who "$who" --argjson n "$many" --argjson answered "$answered" --argjson conmon "$conmon" --argjson program "$program" \
			--argjson conmon_rss "$conmon_rss" --argjson program_rss "$program_rss" \
			'{what: "each", who: $who, instances: $n, answered: $answered, conmon_rss_kb: $conmon_rss, conmon_pss_kb: $conmon, program_rss_kb: $program_rss, program_pss_kb: $program}'
	else
		echo "$who: $answered of $many answered; of each conmon is $conmon_rss kB in memory and takes $conmon (PSS), the program $program_rss and $program"
	fi
done
