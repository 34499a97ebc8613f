#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# make experiment: real services from dev to prod, and what it saves. One row each; text, or --json.
#
#	experiment.sh [--json] [--many N] [--rounds N] [APP]…
#
# files, MB       of the root the service was tested in, and of its package unpacked
# image MB        the package as one file
# start s         a new instance, until it listens; answer s: until the client has its answer; medians
# 1, many MB      memory of one instance, and of each of many (proportional set size: a page shared by
#                 n processes counts 1/n for each)
# same            the client's conversation had the same bytes from the full root and the package
# shellcheck disable=SC2016,SC2317 # programs in quotes
set -u
srcdir=$(cd "${srcdir:-.}" && pwd)
LC_ALL=C
export LC_ALL
PATH=$(cd "${builddir:-.}" && pwd)/stage:$PATH:/usr/sbin:/sbin
[ "$(id -u)" = 0 ] || { echo "experiment: needs root" >&2; exit 77; }

json='' many=50 rounds=5
while [ $# -gt 0 ]; do
	case $1 in
	--json) json=1 ;;
	--many) many=$2; shift ;;
	--rounds) rounds=$2; shift ;;
	*) break ;;
	esac
	shift
done
[ $# -gt 0 ] || set -- nginx redis postgresql python node lighttpd

dir=$(mktemp -d /var/tmp/sfc-experiment.XXXXXX) || exit 1
export SFC_STATE="$dir/state"
end() {
	for record in "$SFC_STATE"/prod/*/app.json; do
		[ ! -e "$record" ] || sfc prod rm "$(basename "${record%/app.json}")" --all --timeout 1 >/dev/null 2>&1
	done
	rm -rf --one-file-system "$dir"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

say() { [ -n "$json" ] || printf '%s\n' "$*"; }
problem() { echo "experiment: $*" >&2; }

# service APP: sets packages, port, user, prepare, talk, and the command as "$@" of run_service.
service() {
	user=root prepare=
	case $1 in
	nginx) packages=nginx-light port=80 talk='curl -fsS http://127.0.0.1/' ;;
	lighttpd) packages=lighttpd port=80 talk='curl -fsS http://127.0.0.1/'
		prepare='echo "a page" >/var/www/html/index.html' ;;
	redis) packages=redis-server port=6379
		talk='printf "SET k v\r\nGET k\r\nINCR n\r\nLPUSH l a b\r\nLRANGE l 0 -1\r\nDEL k n l\r\nQUIT\r\n" | nc -w 2 127.0.0.1 6379' ;;
	postgresql) packages=postgresql-15 port=5432 user=postgres
		prepare='install -d -o postgres /srv/pg && su postgres -c "/usr/lib/postgresql/15/bin/initdb -A trust -D /srv/pg" >/dev/null'
		talk='chroot --userspec=postgres "$SFC_ROOT" /usr/lib/postgresql/15/bin/initdb -A trust -D /tmp/fresh >/dev/null &&
			(cd "$SFC_ROOT/tmp/fresh" && find . | sort) && rm -r "$SFC_ROOT/tmp/fresh" &&
			{ i=0; until chroot "$SFC_ROOT" /usr/lib/postgresql/15/bin/pg_isready -q -h 127.0.0.1 || [ $((i += 1)) -gt 300 ]; do sleep 0.1; done; } &&
			chroot "$SFC_ROOT" /usr/lib/postgresql/15/bin/psql -h 127.0.0.1 -U postgres -At -c "CREATE TEMP TABLE t (a int, b text); INSERT INTO t SELECT i, md5(i::text) FROM generate_series(1, 1000) i; SELECT count(*), max(b) FROM t"' ;;
	python) packages=python3 port=8000 talk='curl -fsS "http://127.0.0.1:8000/?q=42"'
		prepare='cat >/srv/app.py <<"END"
import http.server, json, urllib.parse
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query)
        body = json.dumps({"path": self.path, "query": query}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
END' ;;
	node) packages=nodejs port=8001 talk='curl -fsS "http://127.0.0.1:8001/hello"'
		prepare='cat >/srv/app.js <<"END"
const http = require("http"), zlib = require("zlib"), crypto = require("crypto");
http.createServer((q, r) => r.end(crypto.createHash("sha256").update(q.url).digest("hex") + "\n"))
	.listen(8001);
END' ;;
	*) return 1 ;;
	esac
}

command_of() {
	case $1 in
	nginx) set -- nginx -g 'daemon off;' ;;
	lighttpd) set -- lighttpd -D -f /etc/lighttpd/lighttpd.conf ;;
	redis) set -- redis-server --save '' ;;
	postgresql) set -- /usr/lib/postgresql/15/bin/postgres -D /srv/pg ;;
	python) set -- python3 /srv/app.py ;;
	node) set -- node /srv/app.js ;;
	esac
	command_run "$@"
}

command_run() {
	sfc test "$app" -q --label run --network none --user "$user" --ready "tcp:$port" \
		--probe "{ $talk; } >'$dir/full'" -- "$@"
}

clock() { date +%s.%N; }
passed() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f\n", b - a }'; }
count_files() { find "$1" -xdev -type f | wc -l; }
count_bytes() { find "$1" -xdev -type f -printf '%s\n' | awk '{ n += $1 } END { printf "%.0f", n }'; }

# The memory of every process of every instance, in bytes.
memory_of() {
	sfc prod list "$1" --json | jq -r '.[].instances[] | select(.pid) | "\(.app)-\(.name)"' | while read -r group; do
		cat /sys/fs/cgroup/pids/sfc/*"-$group"/cgroup.procs /sys/fs/cgroup/sfc/*"-$group"/cgroup.procs 2>/dev/null
	done | while read -r pid; do
		awk '$1 == "Pss:" { print $2 * 1024 }' "/proc/$pid/smaps_rollup" 2>/dev/null
	done | awk '{ n += $1 } END { printf "%.0f", n }'
}

ask_packed() {
	pid=$(sfc prod list "$app" --json | jq -r --arg i "$1" '.[].instances[] | select(.name == $i) | .pid')
	SFC_ROOT=/proc/$pid/root nsenter --target "$pid" --net sh -c "$talk" >"$dir/packed" 2>"$dir/packed.err"
}

# Instances that are new each time; the last one stays. Sets same.
measure_starts() {
	: >"$dir/starts"
	: >"$dir/answers"
	same=yes
	for round in $(seq "$rounds"); do
		[ "$round" = 1 ] || sfc prod rm "$app" 1 --timeout 5 >/dev/null
		begun=$(clock)
		sfc prod start "$app" --network private --ready "tcp:$port" >/dev/null || return 1
		passed "$begun" "$(clock)" >>"$dir/starts"
		ask_packed 1
		passed "$begun" "$(clock)" >>"$dir/answers"
		cmp -s "$dir/full" "$dir/packed" || same=no
	done
}

median() { sort -n "$1" | sed -n "$(((rounds + 1) / 2))p"; }

experiment() {
	app=$1
	service "$app" || { problem "no service '$app' here"; return 1; }
	source=$("$srcdir/tests/minbase.sh" "$packages") || { problem "$app: no root"; return 1; }
	sfc dev create "$app" --from "$source" >/dev/null || return 1
	[ -z "$prepare" ] || sfc dev exec "$app" -- sh -c "$prepare" || { problem "$app: cannot prepare it"; return 1; }
	command_of "$app" || { problem "$app: the test failed"; return 1; }
	sfc pack "$app" -o "$dir/$app.sfc" --quiet || return 1
	sfc prod install "$dir/$app.sfc" >/dev/null || return 1
	measure_starts || return 1
	one=$(memory_of "$app")
	[ "$many" -le 1 ] || sfc prod start "$app" --count $((many - 1)) --network private --ready "tcp:$port" >/dev/null || return 1
	all=$(memory_of "$app")
	inside=$(echo "$SFC_STATE"/mounts/*/rootfs)
	jq -cn --arg app "$app" --argjson files "$(count_files "$source")" --argjson bytes "$(count_bytes "$source")" \
		--argjson packed_files "$(count_files "$inside")" --argjson packed_bytes "$(count_bytes "$inside")" \
		--argjson image "$(stat -c %s "$dir/$app.sfc")" --argjson start "$(median "$dir/starts")" \
		--argjson answer "$(median "$dir/answers")" --argjson one "$one" --argjson all "$all" \
		--argjson many "$many" --arg same "$same" '{
		app: $app, files: $files, bytes: $bytes, packed_files: $packed_files, packed_bytes: $packed_bytes,
		image_bytes: $image, start_s: $start, answer_s: $answer, memory_one_bytes: $one,
		instances: $many, memory_each_bytes: ($all / $many | floor), same: ($same == "yes")}' >>"$dir/rows"
	sfc prod rm "$app" --all --timeout 1 >/dev/null
	sfc dev rm "$app"
	[ "$same" = yes ] || {
		problem "$app: the package answers something else"
		diff "$dir/full" "$dir/packed" | head -n 8 | cat - "$dir/packed.err" >&2
		return 1
	}
}

: >"$dir/rows"
failed=0
for app; do
	[ -n "$json" ] || echo "… $app" >&2
	experiment "$app" || failed=1
done
if [ -n "$json" ]; then
	jq -s . "$dir/rows"
else
	{
		echo "service|files||MB||image MB|start s|answer s|1 MB|$many MB each|same"
		jq -r 'def mb: . / 100000 | round | . / 10;
			"\(.app)|\(.files)|\(.packed_files)|\(.bytes | mb)|\(.packed_bytes | mb)|\(.image_bytes | mb)|\(.start_s)|\(
			.answer_s)|\(.memory_one_bytes | mb)|\(.memory_each_bytes | mb)|\(if .same then "yes" else "NO" end)"' "$dir/rows"
	} | column -t -s '|'
fi
exit "$failed"
