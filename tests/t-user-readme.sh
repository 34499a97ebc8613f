#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# README's two minutes and three stages, by a plain user: a web server whose workers are www-data.
# shellcheck disable=SC2317 # by() is called by others
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/slim.sh"
minbase nginx-light
. "$srcdir/tests/user.sh"
requires command -v squashfuse_ll
requires slirp4netns --version
requires curl --version

by() { as_user sfc "$@"; }

# The root as an archive: what belongs to others on disk, and is closed to him, is closed to what he starts there.
tar -C "$root" --exclude=./dev --exclude=./usr/share/doc -cf "$home/root.tar" .
by slim -q --root "$root" -o no.sfc --network none --ready tcp:80 -- nginx -g "daemon off;" >"$dir/said" 2>&1
check_equal "a log that is not his he may not write" "$? $(grep -o 'error.log" failed (13: Permission denied)' "$dir/said" | head -n 1)" \
	'4 error.log" failed (13: Permission denied)'

# Two minutes.
check "slim" by slim -q --root root.tar -o nginx.sfc --keep-manifest nginx.db \
	--network none --ready tcp:80 --probe "curl -fsS localhost" -- nginx -g "daemon off;"
check "the record answers" test "$(as_user sqlite3 nginx.db 'SELECT path FROM needed WHERE opens' | grep -c '^/usr/sbin/nginx$')" = 1
check_equal "run" "$(by run nginx.sfc -- nginx -v 2>&1)" "nginx version: $("$root/usr/sbin/nginx" -v 2>&1 | sed 's/.*: //')"
check_fails "what it did not use is not there" 127 "sfc: run: 'sh' not found in the root's PATH" by run nginx.sfc -- sh
check "verify" by verify -q nginx.sfc --root root.tar --network none --ready tcp:80 --probe "curl -fsS localhost"

# Three stages.
check "dev create" by dev create web --from root.tar -q
check_equal "www-data has its number there" "$(by dev exec web -- stat -c %u /var/lib/nginx/body 2>/dev/null || by dev exec web -- id -u www-data)" 33
check "dev exec" by dev exec web -- sh -c 'echo "<h1>hello</h1>" >/var/www/html/index.html'
check "test" by test -q web --label page --network none --ready tcp:80 --probe 'curl -fsS localhost' -- nginx -g 'daemon off;'
check "a second one" by test -q web --label missing --network none --ready tcp:80 --probe 'curl -sS localhost/x' \
	-- nginx -g 'daemon off;'
check_equal "test report" "$(by test report web | sed -n 's/^\(page\|missing\) .*/\1/p' | paste -sd' ')" "page missing"
check "pack" by pack -q web -o web.sfc
free_ports 1
by run -p "127.0.0.1:$port:80" web.sfc -- nginx -g 'daemon off;' &
answers() { [ "$(curl -fsS "http://127.0.0.1:$port/" 2>/dev/null)" = "<h1>hello</h1>" ]; }
check "what was packed answers on a port of the host" wait_for 20 answers
workers() { ps -u $((range + 32)) -o args= | grep -q '^nginx: worker'; }
check "its workers are www-data, a number of his range" workers
kill "$(user_first 'sfc run .*')"
wait
nothing_runs() { ! ps -u "$uid" -o stat= | grep -qv '^Z'; }
check "nothing runs on" wait_for 20 nothing_runs
finish
