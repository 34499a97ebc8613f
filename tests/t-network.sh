#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Networks: what each of them reaches of the host and of others, ports in every form, names, a network that two share,
# and what is put back when it is killed.
# shellcheck disable=SC2154,SC2016,SC2086,SC2317 # lib.sh's names; for inner shells; words; called indirectly
. "${srcdir:-.}/tests/network.sh"
machine_of_its_own "$@"
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/stage.sh"
. "$srcdir/tests/prod.sh"
machine
if [ -n "${prod_by_user:-}" ]; then
	# what is started behind has to be sfc itself
	unset -f sfc
	mkdir "$dir/his"
	cat >"$dir/his/sfc" <<-END
		#!/bin/sh
		exec setpriv --reuid $user --regid $(id -g "$user") --init-groups env -i HOME=$home USER=$user LC_ALL=C \
			PATH=$dir/bin:/usr/local/bin:/usr/bin:/bin SFC_STATE=$SFC_STATE sfc "\$@"
	END
	chmod 755 "$dir/his/sfc"
	PATH=$dir/his:$PATH
fi

busybox_root "$dir/root" sh cat ls nc sleep nslookup readlink head
mkdir -p "$dir/root/usr" "$dir/root/lib" "$dir/root/lib64" "$dir/root/net"
squash "$dir/root" "$dir/a.sqsh"
programs="-v $dir/net:/net:ro $python_inside"
run() { sfc run $programs "$@"; }

# --- what is reached
reach() { run --network "$1" "$dir/a.sqsh" -- sh -c 'exec /usr/bin/python3 /net/reach.py'; }
check_equal "host: all of it" "$(reach host)" "tcp loopback, tcp loopback6, udp loopback, udp loopback6, abstract
out: $here $here"
check_equal "none: nothing" "$(reach none)" "none of the host
out: none none"
check_equal "private: a way out, and nothing of the host's own" "$(reach private)" "none of the host
out: $here $here"
unshare --net sleep 1000 & made=$!
on_exit kill "$made"
wait_for 5 nsenter --net --target "$made" ip link set lo up
: >made
mount --bind /proc/$made/ns/net made
if [ -n "${prod_by_user:-}" ]; then
	check_fails "one that root made" 125 "sfc: run: the network namespace '$dir/made' is not yours to enter*" run --network "$dir/made" "$dir/a.sqsh" -- ls
	check_fails "a port that only root takes" 125 "sfc: run: cannot publish port 80: only root takes one below 1024 (sysctl *)" run -p :80 "$dir/a.sqsh" -- sleep 9
	check_fails "one of UDP" 125 "sfc: run: cannot publish port 53: only root takes one below 1024 (sysctl *)" run -p :53/udp "$dir/a.sqsh" -- sleep 9
else
	check_equal "one that somebody made: what is in it" "$(reach "$dir/made")" "none of the host
out: none none"
fi
check_equal "private: who may make packets is warned of" "$(run --network private --cap-add NET_RAW "$dir/a.sqsh" -- cat /etc/hostname 2>&1 | head -n 1)" \
	"sfc: run: warning: with CAP_NET_RAW or CAP_NET_ADMIN the host's loopback is reached from a private network, too"
check_equal "private: who may not is not" "$(run --network private "$dir/a.sqsh" -- sh -c : 2>&1)" ""
check_equal "private: names by its own resolver" "$(run --network private "$dir/a.sqsh" -- sh -c 'cat /etc/resolv.conf; nslookup any.name.test | grep -c "Address.* '$far'"')" "nameserver 10.0.2.3
1"
check_equal "host: the host's" "$(run --network host "$dir/a.sqsh" -- cat /etc/resolv.conf)" "nameserver $far"
check_equal "none: no resolver" "$(run --network none "$dir/a.sqsh" -- sh -c 'cat /etc/resolv.conf 2>/dev/null')" ""
check_equal "the devices of a private one" "$(run --network private "$dir/a.sqsh" -- sh -c 'ls /sys/class/net' | paste -sd' ')" "lo tap0"

# --- ports, in each form
for by in proxyd slirp4netns; do
	six="-p [::1]:8002:8080"
	if [ $by = slirp4netns ]; then
		mount --bind /dev/null "$(readlink -f /usr/lib/systemd/systemd-socket-proxyd)"
		six=
	fi
	sfc run $programs -p 127.0.0.1:8001:8080 $six -p :8080 -p :8080/udp -p $here:8003:8080 -p 8004:8080/tcp -p $here:8005:9000/udp \
		"$dir/a.sqsh" -- sh -c 'exec /usr/bin/python3 /net/serve.py' & server=$!
	check "$by: it answers" wait_for 10 ask tcp 127.0.0.1 8001
	check "$by: nobody is taken for one of its own loopback" test "$(ask tcp 127.0.0.1 8001)" = 10.0.2.100 -o "$(ask tcp 127.0.0.1 8001)" = 10.0.2.2
	check_equal "$by: on the loopback alone" "$(ask tcp $here 8001)" nothing
	check_equal "$by: on one address alone" "$(ask tcp 127.0.0.1 8003)" nothing
	check "$by: on that" answered tcp $here 8003
	check "$by: without a number of the host's, the same" answered tcp $here 8080
	check "$by: TCP and UDP of one number" answered udp $here 8080
	check "$by: UDP on one address" answered udp $here 8005
	check "$by: from elsewhere" answered_far tcp $here 8004
	check "$by: by UDP too" answered_far udp $here 8080
	if [ "$six" ]; then
		check "$by: IPv6" answered tcp ::1 8002
		check_equal "$by: that alone" "$(ask tcp 127.0.0.1 8002)" nothing
		check "$by: without an address both kinds" answered tcp ::1 8004
		check_equal "$by: more connections at once than it takes by default" "$(python3 "$dir/net/many.py" $here 8004 600)" 600
	fi
	check_fails "$by: a TCP port that is taken" 125 "sfc: run: cannot publish port 8003: Address already in use" run -p $here:8003:1 "$dir/a.sqsh" -- sleep 9
	check_fails "$by: a UDP port that is taken" 125 "sfc: run: cannot publish port 8005: Address already in use" run -p $here:8005:1/udp "$dir/a.sqsh" -- sleep 9
	check_fails "$by: an address that is another's" 125 "sfc: run: cannot publish port 8009: Cannot assign requested address" run -p $far:8009:1 "$dir/a.sqsh" -- sleep 9
	kill -TERM "$server"
	wait "$server"
	check_equal "$by: with it the ports end" "$(ask tcp $here 8004; ask udp $here 8080)" "nothing
nothing"
done
check_fails "IPv6 without systemd-socket-proxyd" 125 "sfc: run: cannot publish [[]::1]:8002: IPv6 needs systemd-socket-proxyd*apt-get install*" run -p '[::1]:8002:1' "$dir/a.sqsh" -- sleep 9
umount "$(readlink -f /usr/lib/systemd/systemd-socket-proxyd)"
check_fails "IPv6 of UDP" 125 "sfc: run: cannot publish [[]::1]:8002/udp: slirp4netns forwards UDP of IPv4 alone" run -p '[::1]:8002:1/udp' "$dir/a.sqsh" -- sleep 9
check_fails "UDP on the loopback" 125 "sfc: run: cannot publish 127.0.0.1:8002/udp: *no answer to the host's loopback*" run -p 127.0.0.1:8002:1/udp "$dir/a.sqsh" -- sleep 9
check_fails "two UDP ports for one inside" 125 "sfc: run: cannot publish ports 8001 and 8002 of UDP both for 53: slirp4netns answers by one of them alone" run -p 8001:53/udp -p 8002:53/udp "$dir/a.sqsh" -- sleep 9
check_fails "ports of another network" 125 "sfc: run: --publish is for a private network, and --network is another; see 'sfc run --help'" run -p 8002:1 --network none "$dir/a.sqsh" -- sleep 9
slirp=$(readlink -f "$(command -v slirp4netns)")
mount --bind /dev/null "$slirp"
check_fails "no slirp4netns" 125 "sfc: run: a private network needs slirp4netns, which is not here; install it (Debian: apt-get install slirp4netns)" run --network private "$dir/a.sqsh" -- sleep 9
umount "$slirp"

# --- what is killed is put back
# slirp_of PID: that of who forwards, PID its parent; proxy_of: the first of the other kind
slirp_of() { pgrep -P "$1" -x slirp4netns; }
proxy_of() { pgrep -P "$1" -x systemd-socket- | head -n 1; }
# who_forwards PID: the parent of these, one of those that PID began
who_forwards() {
	for found in $(pgrep -x slirp4netns); do
		parent=$(ps -o ppid= -p "$found" | tr -d ' ')
		above=$parent
		while [ "${above:-0}" -gt 1 ]; do
			[ "$above" != "$1" ] || { echo "$parent"; return; }
			above=$(ps -o ppid= -p "$above" | tr -d ' ')
		done
	done
}
sfc run $programs -p :8080 -p :8080/udp "$dir/a.sqsh" -- sh -c 'exec /usr/bin/python3 /net/serve.py' 2>said & server=$!
check "run: it answers" wait_for 10 ask tcp $here 8080
inside=$(who_forwards "$server")
kill -KILL "$(slirp_of "$inside")" "$(proxy_of "$inside")"
check "run: UDP again" wait_for 10 ask udp $here 8080
check "run: TCP again" wait_for 10 ask tcp $here 8080
kill -TERM "$server"
wait "$server"
check "run: and it is said" grep -q '^sfc: run: warning: .*slirp4netns.* was killed, and started again$' said

# --- prod: of one, and shared by another
busybox_package first.sfc first 'httpd -f -p 80 -h /etc & httpd -f -p 127.0.0.1:81 -h /etc & trap exit TERM; while :; do sleep 0.1; done'
busybox_package second.sfc second 'trap exit TERM; while :; do sleep 0.1; done'
check "install" sfc prod install first.sfc -q
check "install the other" sfc prod install second.sfc -q
check "one with a port" sfc prod start first -p 8090:80 --ready 80
answers() { curl -sS --max-time 2 -o /dev/null http://$here:8090/; }
check "answers" answers
check "one that shares its network" sfc prod start second --network app:first/1
net_of() { readlink "/proc/$(instance_pid "$1")/ns/net"; }
check_equal "they are in one" "$(net_of second/1)" "$(net_of first/1)"
inside() { instance=$1; shift; sfc prod exec "$instance" "$@"; }
out() { [ "$(inside "$1" sh -c "nc -w 2 $far 7000 </dev/null")" = $here ]; }
check "which has a way out" out second/1
check_equal "and that one's resolver" "$(inside second/1 cat /etc/resolv.conf)" "nameserver 10.0.2.3"
before=$(net_of second/1)
check "the first stops" sfc prod stop first/1
check "the second runs on" instance_is second/1 running
check_equal "without a way out" "$(out second/1; echo $?)" 1
check_fails "who would share now" 1 "*'first/1', whose network it is to share, is not running" sfc prod start second --network app:first/1
check "the first comes back" sfc prod start first
check_equal "into the same network" "$(net_of first/1) $(net_of second/1)" "$before $before"
check "the second has its way out again" out second/1
check "and reaches what listens on the first's loopback" inside second/1 nc -w 2 127.0.0.1 81 -e true
check "the port answers" answers
check "one that shares with the second" sfc prod start second --network app:second/1
check_equal "is in the same" "$(net_of second/2)" "$before"
check_equal "with the same resolver" "$(inside second/2 cat /etc/resolv.conf)" "nameserver 10.0.2.3"
# while it is open its number is no other's
exec 9<"/proc/$(instance_pid first/1)/ns/net"
check "without any of them" sfc prod stop second/1 second/2 first/1
check "it begins anew" sfc prod start first
check "in another" test "$(net_of first/1)" != "$before"
exec 9<&-

forwards=$(about first/1 .ports)
kill -KILL "$(slirp_of "$forwards")"
check "prod: a way out again" wait_for 10 out first/1
kill -KILL "$(proxy_of "$forwards")"
check "the port again" wait_for 10 answers
wait_for 10 sh -c 'sfc prod inspect first/1 | grep -q "port 8090 was killed"'
check_equal "what was killed is an event" "$(about first/1 '[.events[].what | select(test("started again"))] | join("; ")')" "slirp4netns was killed, and started again; what forwards port 8090 was killed, and started again"
check "and all is well" instance_is first/1 running
kill -KILL "$forwards"
check "who forwards is gone" wait_for 5 ended "$forwards"
check_equal "and with it the port" "$(curl -sS --max-time 2 http://$here:8090/ 2>/dev/null; echo $?)" 7
check "which is seen" instance_is first/1 unhealthy
check_equal "and said" "$(about first/1 .problem)" "who forwards for its network was killed; a restart mends it"
check "restart" sfc prod restart first/1
check "mends it" answers
forwards=$(about first/1 .ports)
for turn in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
	killed=$(slirp_of "$forwards") && kill -KILL "$killed"
	sleep 0.2
	ended "$forwards" && break
done
check "one that is killed again and again is given up" wait_for 5 instance_is first/1 unhealthy
check "which is an event" wait_for 10 sh -c 'sfc prod inspect first/1 | grep -q "slirp4netns ends again and again"'
prod_down
check_equal "nothing is left" "$(prod_leftovers; pgrep -f "slirp4netns.*$dir")" ""
finish
