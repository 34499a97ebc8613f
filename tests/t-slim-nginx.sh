#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Debian's nginx in a minbase root: a page fetched while it is traced, and the same page from the package.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/slim.sh"
requires curl --version
requires ip -Version
minbase nginx-light

probe='curl -fsS http://localhost/index.nginx-debian.html'
begun=$(seconds)
sfc slim --root "$root" -o "$dir/nginx.sfc" --keep-manifest "$dir/nginx.db" --network none \
	--label 'first, with \ and commas' --ready tcp:80 --probe "$probe" -- nginx -g 'daemon off;' >"$dir/report" 2>"$dir/said"
check_equal "slim succeeds" $? 0
cat "$dir/report" "$dir/said"
check "it says when nginx was ready" grep -q '^test    nginx ready on :80 after .* s, probe passed, stopped ' "$dir/report"
check_equal "the label is as it was given" "$(sqlite3 "$dir/nginx.db" 'SELECT label FROM session')" 'first, with \ and commas'
check "it says that nothing was lost" grep -q ', 0 lost$' "$dir/report"
show_figures "$dir/nginx.sfc" "$dir/nginx.db" "$(seconds_since "$begun")"

# fetch: from the package, in a network of its own that both of them share.
cat >"$dir/fetch" <<-'END'
	ip link set lo up
	sfc run "$1" & server=$!
	tries=0
	until curl -fsS http://localhost/index.nginx-debian.html >"$2" 2>/dev/null; do
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || exit 1
		sleep 0.05
	done
	kill -TERM "$server"
	wait "$server"
	END
unshare --net sh "$dir/fetch" "$dir/nginx.sfc" "$dir/page"
check "the packed page is the root's, byte for byte" cmp "$dir/page" "$root/var/www/html/index.nginx-debian.html"
check "the probe is no part of the package" test -z "$(grep curl "$dir/listing")"
check "the pages that were not fetched are no part of it" test -z "$(grep /perl "$dir/listing")"
check "the root was not written" test ! -s "$root/var/log/nginx/access.log"

# a server that puts itself into the background
sfc slim -q --root "$root" -o "$dir/daemon.sfc" --network none --ready tcp:80 --probe "$probe" -- nginx
check_equal "a daemon is waited for, asked and stopped" $? 0
check "nothing is left" nothing_is_left
finish
