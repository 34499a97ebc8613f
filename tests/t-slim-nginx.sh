#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Debian's nginx in a minbase root: a page fetched while it is traced, and the same page from the package.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/slim.sh"
requires curl --version
requires ip -Version
requires jq --version
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
check "perl is no part of it" test -z "$(grep "^-.*/perl" "$dir/listing")"
check "what is empty in the source is there, by the margin own" grep -q "^d.* squashfs-root/rootfs/srv$" "$dir/listing"
check "the root was not written" test ! -s "$root/var/log/nginx/access.log"

# alike by accident: the probe does not look at what it got
blind='curl -s http://localhost/index.nginx-debian.html >/dev/null; true'
page=/var/www/html/index.nginx-debian.html
sfc slim --root "$root" -o "$dir/blind.sfc" --network none --exclude "$page" --ready tcp:80 --probe "$blind" \
	-- nginx -g 'daemon off;' >"$dir/report"
check_equal "a probe that looks at nothing is alike" $? 0
check "and what was missed is named, with who missed it" grep -qF \
	"$page, which the source has, was looked for in vain by /usr/sbin/nginx (what it was packed with leaves it out)" "$dir/report"
check_equal "verify names it too, in JSON" "$(sfc verify "$dir/blind.sfc" --json --root "$root" --network none --ready tcp:80 \
	--probe "$blind" | jq -r '.missed[] | "\(.path) \(.by)"')" "$page /usr/sbin/nginx"
check_equal "where nothing is missed none is" "$(sfc verify "$dir/nginx.sfc" --json --root "$root" --network none \
	--ready tcp:80 --probe 'curl -s http://localhost/index.nginx-debian.html >/dev/null; true' | jq -c .missed)" '[]'
check "the last line is advice" test "$(tail -n 1 "$dir/report" | cut -c 9-)" = \
	"one run saw this: --margin near takes along what lies near, tracepack stat --margins weighs it"
sfc slim --root "$root" -o "$dir/uncatalogued.sfc" --catalog none -q --network none -- nginx -v 2>/dev/null
check_equal "without a catalog nothing is guarded, and all goes well" $? 0

# a server that puts itself into the background
sfc slim -q --root "$root" -o "$dir/daemon.sfc" --network none --ready tcp:80 --probe "$probe" -- nginx
check_equal "a daemon is waited for, asked and stopped" $? 0
check "nothing is left" nothing_is_left
finish
