#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# PostgreSQL, Node.js and lighttpd from dev through test and pack to prod: the same conversation has the
# same bytes. One root has all three, and is made once. nginx, redis and Python are in t-stages.sh and
# t-slim-*.sh; the figures of all six come from make experiment.
# shellcheck disable=SC2016,SC2086,SC2317 # programs in quotes; on_exit calls down
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
requires root
requires fuse
requires runc --version
requires jq --version
requires curl --version
requires unshare --net true
root=$("$srcdir/tests/minbase.sh" lighttpd,nodejs,postgresql-15) || skip "no minbase root"

export SFC_STATE="$dir/state"
down() {
	for app in page hash data; do sfc prod rm $app --all --timeout 1; done >/dev/null 2>&1
}
on_exit down

# service APP PORT USER TALK COMMAND…: from the root in dev to an instance, asked the same both times.
service() {
	app=$1 port=$2 user=$3 talk=$4
	shift 4
	check "$app: test" sfc test "$app" -q --network none --user "$user" --timeout 120 --ready "tcp:$port" \
		--probe "{ $talk; } >$dir/$app.full" -- "$@"
	check "$app: pack" sfc pack "$app" -o "$app.sfc" --quiet
	check "$app: a fourth of the root at most" sh -c \
		"[ $(($(unsquashfs -lls "$app.sfc" rootfs | awk '/^-/ { n += $3 } END { printf "%.0f", n }') * 4)) -le $(du -s --apparent-size -B 1 "$root" | cut -f 1) ]"
	check "$app: install" sfc prod install "$app.sfc"
	check "$app: start" sfc prod start "$app" --network private --timeout 120 --ready "tcp:$port"
	pid=$(sfc prod list "$app" --json | jq -r '.[0].instances[0].pid')
	SFC_ROOT=/proc/$pid/root nsenter --net --target "$pid" sh -c "$talk" >"$app.packed"
	check "$app: it answers" test -s "$app.full"
	check "$app: the same bytes" cmp "$app.full" "$app.packed"
	check "$app: remove" sfc prod rm "$app" --all --timeout 1
}

check "dev" sfc dev create page --from "$root"
check "dev: a branch for each" sh -c 'sfc dev create hash --from page && sfc dev create data --from page'

check "page: prepare" sfc dev exec page sh -c 'echo "a page" >/var/www/html/index.html'
service page 80 root 'curl -fsS http://127.0.0.1/ && curl -sS http://127.0.0.1/nothing' \
	lighttpd -D -f /etc/lighttpd/lighttpd.conf

check "hash: prepare" sfc dev exec hash sh -c 'cat >/srv/app.js <<END
const http = require("http"), crypto = require("crypto");
http.createServer((q, r) => r.end(crypto.createHash("sha256").update(q.url).digest("hex"))).listen(8001);
END'
service hash 8001 root 'curl -fsS http://127.0.0.1:8001/one && curl -fsS http://127.0.0.1:8001/two' node /srv/app.js

bin=/usr/lib/postgresql/15/bin
check "data: prepare" sfc dev exec data install -d -o postgres /srv/pg
# it listens before it lets anybody in
service data 5432 postgres "i=0
	until chroot \"\$SFC_ROOT\" $bin/pg_isready -q -h 127.0.0.1 || [ \$((i += 1)) -gt 300 ]; do sleep 0.1; done
	chroot \"\$SFC_ROOT\" $bin/psql -h 127.0.0.1 -U postgres -At \
	-c 'CREATE TABLE t AS SELECT i, md5(i::text) FROM generate_series(1, 1000) i' -c 'SELECT count(*), max(md5) FROM t'" \
	sh -c "$bin/initdb --no-sync -A trust -D /srv/pg && exec $bin/postgres -D /srv/pg"
finish
