#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# make experiment-learn: what --learn takes away from services of tests/apps, and whether any of them misses it.
#
#	experiment-learn.sh [--json] [APP]…
#
# Each feature of each application is traced with --learn; all of them are packed; then each feature is asked of the
# package as it is started, and, where its answer is not that of the whole root, with --seccomp default: what only
# passes there has failed by the profile. The package has a margin, so that hardly a file is missing. Calls are those
# of this machine's architecture that the profile lets through.
# shellcheck disable=SC2154,SC2317 # what an application's file says, and calls
set -u
srcdir=$(cd "${srcdir:-.}" && pwd)
builddir=$(cd "${builddir:-.}" && pwd)
LC_ALL=C
export LC_ALL
PATH=$builddir/stage:$builddir/pack:$builddir/fs:$PATH:/usr/sbin:/sbin
[ "$(id -u)" = 0 ] || { echo "experiment-learn: needs root" >&2; exit 77; }
json=''
[ "${1:-}" != --json ] || { json=1; shift; }
[ $# -gt 0 ] || set -- nginx lighttpd redis memcached beanstalkd privoxy haproxy mosquitto apache2 dnsmasq unbound postgresql

dir=$(mktemp -d "${TMPDIR:-/var/tmp}/sfc-experiment.XXXXXX") || exit 1
export SFC_STATE="$dir/state"
end() {
	umount -l "$SFC_STATE/store/ns" "$SFC_STATE/store" 2>/dev/null
	awk -v d="$dir/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
		while IFS= read -r left; do umount -l "$left"; done
	rm -rf --one-file-system "$dir"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
problem() { echo "experiment-learn: $*" >&2; }

# What the runtime is told is kept: the calls are counted there.
cat >"$dir/capture" <<-END
	#!/bin/sh
	for word; do
		[ "\$before" != --bundle ] || cp "\$word/config.json" "$dir/config.json"
		before=\$word
	done
	exec runc "\$@"
END
chmod 755 "$dir/capture"
echo '#include <asm/unistd.h>' | ${CC:-cc} -E -dM - | sed -n 's/^#define __NR_\([a-z0-9_]*\) .*/\1/p' | sort >"$dir/native"

read_app() {
	packages='' port='' user=root start='' prepare='' features=''
	unset -f ask command
	options() { :; }
	# shellcheck disable=SC1090 # they are in tests/apps
	. "$srcdir/tests/apps/functions" && . "$srcdir/tests/apps/$1.app"
	cat "$srcdir/tests/apps/functions" "$srcdir/tests/apps/$1.app" >"$dir/ask"
}

# learn FEATURE: its answer on the whole root goes to full.FEATURE.
learn() {
	# shellcheck disable=SC2086,SC2046 # a command as a shell has it
	eval "timeout 300 sfc test $app -q --learn --label $1 --network none --user $user $(options "$1") --ready tcp:$port \
		--probe '. $dir/ask; ask $1 >$dir/full.$1 2>&1' -- $start" >"$dir/test.$1" 2>&1
	[ -s "$dir/full.$1" ]
}

# asked FEATURE OPTION…: the same of the package.
asked() {
	# shellcheck disable=SC2016,SC2046 # that shell's
	timeout 300 unshare -n sh -c 'ip link set lo up
		directory=$1 port=$2 feature=$3
		shift 3
		sfc run "$directory/app.sfc" --network host --grace 3 "$@" >"$directory/run.out" 2>&1 &
		pid=$!
		for i in $(seq 200); do
			[ -z "$(ss -Hltn "sport = :$port")" ] || break
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.1
		done
		. "$directory/ask"
		ask "$feature" >"$directory/got" 2>&1
		kill -TERM "$pid" 2>/dev/null
		wait "$pid"' sh "$dir" "$port" "$@" $(options "$1") </dev/null 2>/dev/null
	[ "$(cat "$dir/got")" = "$(cat "$dir/full.$1")" ]
}

# count OPTION…: "CALLS CAPABILITIES" of a start.
count() {
	rm -f "$dir/config.json"
	timeout 20 sfc run --network none --runtime "$dir/capture" "$@" --timeout 1 "$dir/app.sfc" >/dev/null 2>&1 </dev/null
	echo "$(jq -r '.linux.seccomp.syscalls[] | select(.action == "SCMP_ACT_ALLOW") | .names[]' "$dir/config.json" |
		sort -u | comm -12 - "$dir/native" | wc -l) $(jq '.process.capabilities.bounding | length' "$dir/config.json")"
}

experiment() {
	app=$1 failed=0 other=0 count=0
	read_app "$app" || { problem "no application '$app'"; return 1; }
	[ -n "$port" ] || { problem "$app is no service"; return 1; }
	source=$("$srcdir/tests/minbase.sh" "$packages") || { problem "$app: no root"; return 1; }
	rm -f "$dir"/full.* "$dir/app.sfc"
	sfc dev create "$app" --from "$source" >/dev/null || return 1
	[ -z "$prepare" ] || sfc dev exec "$app" -- sh -c "$prepare" >"$dir/prepared" 2>&1 ||
		{ problem "$app: cannot prepare it: $(tail -n 1 "$dir/prepared")"; return 1; }
	for feature in $features; do
		learn "$feature" || problem "$app: $feature: $(tail -n 1 "$dir/test.$feature")"
	done
	sfc pack "$app" -o "$dir/app.sfc" --margin package --level 1 --allow-secrets --quiet >"$dir/packed" 2>&1 ||
		{ problem "$app: $(tail -n 1 "$dir/packed")"; return 1; }
	for feature in $features; do
		[ -s "$dir/full.$feature" ] || continue
		count=$((count + 1))
		asked "$feature" && continue
		if asked "$feature" --seccomp default && ! asked "$feature"; then
			failed=$((failed + 1))
			problem "$app: $feature fails by the profile"
		else
			other=$((other + 1))
		fi
	done
	# what a package takes away is in its file
	rm -rf "$dir/out"
	unsquashfs -q -n -d "$dir/out" "$dir/app.sfc" sfc/profile.json >/dev/null || return 1
	left=$(count) default=$(count --seccomp default)
	jq -n --arg app "$app" --arg user "$user" --arg left "$left" --arg default "$default" --argjson count "$count" \
		--argjson failed "$failed" --argjson other "$other" --slurpfile profile "$dir/out/sfc/profile.json" '
		def numbers: split(" ") | map(tonumber);
		{app: $app, user: $user, features: $count, failed: $failed, differ_anyway: $other,
		 calls: ($left | numbers[0]), calls_default: ($default | numbers[0]),
		 capabilities: ($left | numbers[1]), capabilities_default: ($default | numbers[1]), profile: $profile[0]}'
	sfc dev rm "$app" >/dev/null 2>&1
	sfc test rm "$app" >/dev/null 2>&1
}

SFC_CLIENTS=$("$srcdir/tests/minbase.sh" "$(cat "$srcdir/tests/apps/clients")") || exit 77
export SFC_CLIENTS
for app; do
	echo "… $app" >&2
	experiment "$app" >>"$dir/rows"
done
if [ -n "$json" ]; then
	jq -s . "$dir/rows"
	exit
fi
printf '%-11s %-10s %8s %6s %14s %14s  %s\n' service user features failed calls capabilities kept
jq -r '[.app, .user, .features, .failed, "\(.calls) of \(.calls_default)", "\(.capabilities) of \(.capabilities_default)",
	([.profile.calls.kept | keys[]] | join(" ") | if . == "" then "-" else . end)] | join("\t")' "$dir/rows" |
	while IFS='	' read -r a b c d e f g; do printf '%-11s %-10s %8s %6s %14s %14s  %s\n' "$a" "$b" "$c" "$d" "$e" "$f" "$g"; done
