#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# redis-server in a minbase root: SET and GET through a probe, and the same from the package.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/slim.sh"
requires redis-cli --version
requires ip -Version
minbase redis-server

cat >"$dir/probe" <<-'END'
	redis-cli set key "value of $1" && redis-cli get key && redis-cli lpush list a b c &&
	redis-cli lrange list 0 -1 && redis-cli save
	END
begun=$(seconds)
sfc slim --root "$root" -o "$dir/redis.sfc" --keep-manifest "$dir/redis.db" --network none \
	--user redis --cwd /var/lib/redis --probe "sh $dir/probe one" -- redis-server --daemonize no \
	>"$dir/report" 2>"$dir/said"
check_equal "slim succeeds" $? 0
cat "$dir/report" "$dir/said"
show_figures "$dir/redis.sfc" "$dir/redis.db" "$(seconds_since "$begun")"
check "the database the test saved is not packed" test -z "$(grep dump.rdb "$dir/listing")"
check_equal "the package remembers its user" \
	"$(unsquashfs -cat "$dir/redis.sfc" config.json | jq .process.user.uid)" \
	"$(awk -F: '$1 == "redis" { print $3 }' "$root/etc/passwd")"

cat >"$dir/ask" <<-'END'
	ip link set lo up
	sfc run --layer "$2" "$1" >"$2.log" 2>&1 & server=$!
	tries=0
	until redis-cli ping >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || exit 1
		sleep 0.05
	done
	shift 2
	"$@"
	kill -TERM "$server"
	wait "$server"
	END
mkdir "$dir/data"
unshare --net sh "$dir/ask" "$dir/redis.sfc" "$dir/data" sh "$dir/probe" two >"$dir/answers"
check_equal "the packed server answers" "$(sed -n 2p "$dir/answers")" "value of two"
check_equal "its data outlives it in a layer" \
	"$(unshare --net sh "$dir/ask" "$dir/redis.sfc" "$dir/data" redis-cli get key)" "value of two"
check "nothing is left" nothing_is_left
finish
