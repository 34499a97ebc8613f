#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What each network costs, for root and for a plain user: nginx in a container, asked from another network namespace at
# the other end of a cable (veth). All servers are up at once and asked in turns; each figure is the median of the
# rounds, and so are the ratios to the host's network as root, taken in the same round.
#
#	make bench-network [BENCH_FLAGS='--json --rounds 5 --seconds 3'], as root
#
# requests: of a page of 600 bytes, 16 connections kept open; p99 of them; 1,000 connections at once, and how many of
# these failed; in: 1 GB from the server; out: 1 GB to a container from the neighbour, its start with it.
# shellcheck disable=SC2154,SC2086,SC2016,SC2317 # names of lib.sh; words; nginx's names; called indirectly
. "${srcdir:-.}/tests/network.sh"
machine_of_its_own "$@"
json="" rounds=5 seconds=3
while [ $# -gt 0 ]; do
	case $1 in
	--json) json=1 ;;
	--rounds) rounds=$2; shift ;;
	--seconds) seconds=$2; shift ;;
	*) echo "bench-network: unknown option '$1'" >&2; exit 2 ;;
	esac
	shift
done
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/user.sh
. "$srcdir/tests/user.sh"
requires command -v wrk
requires curl --version
requires busybox true
requires jq --version
machine
proxyd=$(readlink -f /usr/lib/systemd/systemd-socket-proxyd)
ulimit -n 20000
big=1000000000

root=$("$srcdir/tests/minbase.sh" nginx-light) || exit
mkdir www
head -c 600 /dev/zero | tr '\0' x >www/page
truncate -s $big www/big
# conf PORT: what listens there
conf() {
	cat >"nginx-$1.conf" <<-END
		worker_processes 1;
		worker_rlimit_nofile 8192;
		error_log stderr crit;
		pid /tmp/nginx.pid;
		events { worker_connections 4096; }
		http {
			access_log off;
			sendfile on;
			keepalive_requests 100000000;
			server { listen $1 backlog=2048; root /srv; }
		}
	END
}
conf 80
chmod -R a+rX www nginx-80.conf
sfc slim -q --root "$root" -o web.sfc --network none --ready tcp:80 --probe 'curl -fsS localhost/page' \
	-v "$dir/www:/srv:ro" -v "$dir/nginx-80.conf:/etc/nginx/nginx.conf:ro" -- nginx -g 'daemon off;' >slim.log 2>&1 ||
	{ cat slim.log; exit 1; }
chmod 644 web.sfc
mkdir -p client/bin client/etc client/proc client/sys client/dev client/tmp
cp "$(command -v busybox)" client/bin/busybox
ln -s busybox client/bin/wget
mksquashfs client client.sqsh -comp zstd -all-root -quiet -no-progress >/dev/null

# --- the servers: NAME WHO OPTIONS, each on a port of its own
servers=""
port=8100
# server NAME root|user host|private|path PROXY
server() {
	port=$((port + 1))
	inside=80
	as=""
	address=$here
	[ "$2" = root ] || as=as_user
	case $3 in
	host) options="--network host" inside=$port ;;
	private) options="-p $port:80" ;;
	path) options="--network $dir/made" address=198.51.100.3 ;;
	esac
	[ "$inside" = 80 ] || { conf "$inside"; chmod a+r "nginx-$inside.conf"; }
	at=$port
	[ "$3" != path ] || at=80
	[ "$4" = yes ] || mount --bind /dev/null "$proxyd"
	$as sfc run -q $options --ulimit nofile=8192 -v "$dir/www:/srv:ro" -v "$dir/nginx-$inside.conf:/etc/nginx/nginx.conf:ro" \
		"$dir/web.sfc" -- nginx -g 'daemon off;' >"server-$1" 2>&1 &
	echo $! >"pid-$1"
	on_exit kill $!
	wait_for 20 nsenter --net --target "$neighbour" curl -fsS -o answer "http://$address:$at/page" ||
		{ echo "bench-network: '$1' does not answer: $(cat "server-$1")" >&2; exit 1; }
	[ "$4" = yes ] || umount "$proxyd"
	servers="$servers $1"
	echo "$address:$at" >"at-$1"
	[ "$3" != private ] || options="--network private"
	echo "$as sfc run -q $options" >"out-$1"
}

# one that an operator makes: another cable, and a bridge where both end
unshare --net sleep 10000 & made_net=$!
on_exit kill "$made_net"
wait_for 5 nsenter --net --target "$made_net" ip link set lo up
ip link add bridge type bridge
ip address flush dev near
ip link set near master bridge
ip address add $here/24 dev bridge
ip link set bridge up
ip link add cable type veth peer name eth0 netns "$made_net"
ip link set cable master bridge up
nsenter --net --target "$made_net" sh -c 'ip address add 198.51.100.3/24 dev eth0; ip link set eth0 up'
: >made
mount --bind "/proc/$made_net/ns/net" made

server root-host root host yes
server root-private root private yes
server root-slirp root private no
server root-path root path yes
server user-host user host yes
server user-private user private yes
server user-slirp user private no
: >far-net
mount --bind "/proc/$neighbour/ns/net" far-net
sfc run -q --network "$dir/far-net" -v "$dir/www:/srv:ro" -v "$dir/nginx-80.conf:/etc/nginx/nginx.conf:ro" "$dir/web.sfc" \
	-- nginx -g 'daemon off;' >server-far 2>&1 & on_exit kill $!
wait_for 20 curl -fsS -o answer "http://$far:80/page" || { echo "bench-network: the neighbour has no server" >&2; exit 1; }

# --- asking them
from_far() { nsenter --net --target "$neighbour" "$@"; }
note() { echo "$2" >>"value-$1"; }
# since BEGUN: seconds
since() { echo "$(($(date +%s%N) - $1))" | awk '{ printf "%.3f\n", $1 / 1e9 }'; }

measure() {
	name=$1 url=http://$2
	from_far wrk -t1 -c16 -d"$seconds" --latency "$url/page" >wrk.out
	note "$name-requests" "$(awk '/Requests\/sec/ { print $2 }' wrk.out)"
	note "$name-p99" "$(awk '$1 == "99%" { v = $2; u = v; sub(/[0-9.]*/, "", u); sub(/[a-z]*$/, "", v); print u == "us" ? v / 1000 : u == "s" ? v * 1000 : v }' wrk.out)"
	from_far wrk -t1 -c1000 -d"$seconds" --timeout 10 "$url/page" >wrk.out
	note "$name-thousand" "$(awk '/Requests\/sec/ { print $2 }' wrk.out)"
	note "$name-failed" "$(awk '/Socket errors/ { gsub(",", ""); n = $4 + $6 + $8 + $10 } END { print n + 0 }' wrk.out)"
	begun=$(date +%s%N)
	from_far curl -fsS -o /dev/null "$url/big"
	note "$name-in" "$(since "$begun")"
	begun=$(date +%s%N)
	$(cat "out-$name") "$dir/client.sqsh" -- wget -q -O /dev/null "http://$far/big"
	note "$name-out" "$(since "$begun")"
}

for name in $servers; do measure "$name" "$(cat "at-$name")"; done
rm -f value-*
round=0
while [ "$round" -lt "$rounds" ]; do
	for name in $servers; do measure "$name" "$(cat "at-$name")"; done
	round=$((round + 1))
done

# --- what came out
median() { sort -n | awk '{ v[NR] = $1 } END { if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
# ratio NAME WHAT: its median to the host's, round by round
ratio() { paste "value-$1-$2" "value-root-host-$2" | awk '{ print $1 / $2 }' | median; }
[ "$json" ] || printf '%-14s %18s %16s %18s %8s %16s %16s\n' network requests/s 'p99 ms' '1,000 at once' failed '1 GB in, s' '1 GB out, s'
for name in $servers; do
	if [ "$json" ]; then
		jq -nc --arg network "$name" \
			"$(for what in requests p99 thousand failed in out; do printf '{"%s": %s, "%s_ratio": %s} + ' $what "$(median <"value-$name-$what")" \
				$what "$([ $what = failed ] && echo null || ratio "$name" $what)"; done) {network: \$network}"
		continue
	fi
	printf '%-14s' "$name"
	for what in requests p99 thousand failed in out; do
		if [ $what = failed ]; then printf ' %8s' "$(median <"value-$name-failed")"; continue; fi
		printf ' %10.2f (%.2f)' "$(median <"value-$name-$what")" "$(ratio "$name" $what)"
	done
	echo
done
