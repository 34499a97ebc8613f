#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc prod: health, stats, layers with a size, what was altered on disk, and four terminals at once.
# shellcheck disable=SC2016 # programs in quotes
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"

program='mkdir -p /run/www; echo fine >/run/www/health; httpd -p 127.0.0.1:$PORT -h /run/www
	trap "exit 0" TERM; while :; do sleep 0.1; done'
busybox_package web.sfc web "$program"
check "install" sfc prod install web.sfc

# --- health
# exits STATUS COMMAND…
exits() {
	wanted=$1
	shift
	"$@" >said 2>&1
	[ $? = "$wanted" ]
}
free_ports 11
check "start with a command" sfc prod start web --name c --env PORT=$port --health "test ! -e '$dir/ill'"
check "and with an address" sfc prod start web --name u --env PORT=$((port + 1)) \
	--ready "http://127.0.0.1:$((port + 1))/health" --health "http://127.0.0.1:$((port + 1))/health"
check "and with none" sfc prod start web --name n --env PORT=$((port + 2))
check "all are well" sfc prod health web
check_equal "and said to be" "$(sfc prod health web)" "web/c  running
web/n  running
web/u  running"
check_equal "as JSON" "$(sfc prod health web --json | jq -c '[.[] | [.app, .name, .state, .problem, .healthy]]')" \
	'[["web","c","running",null,true],["web","n","running",null,true],["web","u","running",null,true]]'
touch ill
rm_of() { sfc prod exec web/u -- rm /run/www/health; }
check "its page is gone" rm_of
check "health says that one is ill" exits 1 sfc prod health web
sfc prod health web >health.out
check "the command failed" grep -q "^web/c  unhealthy: .* ended with status 1\$" health.out
check "the address answers 404" grep -q "^web/u  unhealthy: .*404" health.out
check "the third is well" grep -qx "web/n  running" health.out
check "one that is well, asked alone" sfc prod health web/n
check "one that is not" exits 1 sfc prod health web/c
check_equal "as JSON, too" "$(sfc prod health web/c --json | jq -c '.[] | [.healthy, (.problem | length > 0)]')" '[false,true]'
rm ill
check "until it is well again" sfc prod health web/c
sfc prod stop web/n >/dev/null
check "one that does not run is not well" exits 1 sfc prod health web
check_fails "a health that is no address" 2 "*--health*" sfc prod start web --name x --health ""

# --- stats
sfc prod exec web/c -- sh -c 'dd if=/dev/zero of=/data/x bs=1M count=4 conv=fsync' 2>/dev/null
check_equal "stats: its table" "$(sfc prod stats web/c | sed -n '1s/  */ /gp')" "NAME STATE MEMORY CPU PROCESSES WRITTEN"
sfc prod stats web --json >stats.json
check_equal "as JSON: numbers" "$(jq -c '.[] | select(.name == "c") |
	[.memory_bytes > 0, .cpu_s > 0, .processes >= 2, .written_bytes >= 4000000]' stats.json)" '[true,true,true,true]'
check_equal "of one that is stopped: none" "$(jq -c '.[] | select(.name == "n") | [.state, .memory_bytes, .processes]' stats.json)" \
	'["stopped",null,null]'

# --- a layer with a size
check_fails "a layer too small" 1 "*--layer-size*" sfc prod start web --name s --layer-size 1M
check "a layer of 64 MB" sfc prod start web --name s --env PORT=$((port + 3)) --layer-size 64M
fill() { sfc prod exec web/s -- sh -c "dd if=/dev/zero of=/data/x bs=64k count=2000 2>&1 | grep -v records >&2; exit 1"; }
check_fails "a full one is ENOSPC inside" 1 "*No space left*" fill
check "and seen outside" exits 1 sfc prod health web/s
check_equal "by name" "$(sfc prod health web/s)" "web/s  unhealthy: its layer is full (64 MB)"
check "in list, too" sh -c 'sfc prod list web/s | grep -q "unhealthy: its layer is full (64 MB)"'
check_equal "once an event" "$(about web/s '[.events[].what | select(startswith("its layer is full"))] | length')" 1
check "the others write" sfc prod exec web/c -- sh -c 'echo more >/data/more'
sfc prod exec web/s -- sh -c 'rm /data/x; echo kept >/data/kept'
check "with room again it is well" sfc prod health web/s
check "stop" sfc prod stop web/s
check_fails "its size is for good" 2 "*--layer-size*" sfc prod start web --name s --layer-size 128M
check "start" sfc prod start web/s
check_equal "what it wrote is there" "$(sfc prod exec web/s -- cat /data/kept)" kept
check_fails "it is full again at the same place" 1 "*No space left*" fill
check "rm" sfc prod rm web/s
check_equal "takes all of it" "$(prod_leftovers web-s-)" ""

# --- the limit of a user
echo "nobody disk=100M" >limits.conf
check_fails "disk= asks for a size" 1 "*disk=100M*--layer-size*" sfc prod start web --name d1 --for nobody
check "one that fits" sfc prod start web --name d1 --for nobody --env PORT=$((port + 4)) --layer-size 64M
check_fails "one that does not" 1 "*'nobody'*disk=100M*64M in use*" sfc prod start web --name d2 --for nobody --layer-size 64M
rm limits.conf

# --- four terminals
for terminal in 1 2 3 4; do
	(for i in a b; do sfc prod start web --name "t$terminal$i" --env PORT=$((port + 10)); done) >"terminal.$terminal" 2>&1 &
done
wait
check_equal "eight from four terminals" "$(cat terminal.? | grep -c started)" 8
check_equal "all run" "$(sfc prod list web --json | jq '[.[].instances[] | select((.name | startswith("t")) and .state == "running")] | length')" 8
sfc prod list web --json >list.json
check_equal "each with a process of its own" "$(jq '[.[].instances[] | select(.name | startswith("t")) | .pid] | unique | length' list.json)" 8
check "rm all" sfc prod rm web --all --timeout 0
check_equal "nothing is left" "$(prod_leftovers)" ""

# --- what was altered on disk
check "install again" sfc prod install web.sfc
umount_store() {
	awk -v d="$SFC_STATE/store" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r | xargs -r umount -l
}
umount_store # as after a boot
rm -f "$SFC_STATE"/store/seen/*
kept=$(echo "$SFC_STATE"/store/kept/*)
printf X | dd of="$kept" bs=1 seek=$(($(stat -c %s "$kept") / 2)) conv=notrunc status=none
check_fails "a package altered on disk is not mounted" 1 "*" sfc prod start web --env PORT=$port
finish
