# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034,SC2016,SC2015 # shared names; jq and sh programs in quotes
# Ports of instances that have a network of their own (--network private: nothing but a loopback
# interface). A forwarder listens on the host and connects inside: systemd-socket-proxyd started on
# an already listening socket in the namespace of the instance, one process per port and no copies
# in user space; else socat, which needs two processes per connection. TCP only. Nothing leads out
# of such an instance. Sourced by sfc-prod after state.sh and ports.sh.

# publish_check SPEC COUNT: [ADDRESS:]HOST[-HOST]:PORT.
publish_check() {
	publish_parse "$1" 1
	[ "$publish_last" -ge "$((publish_first + $2 - 1))" ] ||
		misused "--publish $1: $2 instances need $2 host ports, such as $publish_first-$((publish_first + $2 - 1)):$publish_port"
	[ -n "$(publish_with)" ] ||
		die "--publish needs a forwarder: install the package systemd (systemd-socket-proxyd) or socat"
}

# publish_parse SPEC: sets publish_address, publish_first, publish_last, publish_port.
publish_parse() {
	publish_port=${1##*:}
	publish_host=${1%:*}
	publish_address=0.0.0.0
	case $publish_host in
	*:*) publish_address=${publish_host%:*} publish_host=${publish_host##*:} ;;
	esac
	publish_first=${publish_host%-*} publish_last=${publish_host#*-}
	for publish_number in "$publish_port" "$publish_first" "$publish_last"; do
		case $publish_number in
		'' | *[!0-9]* | ??????*) misused "--publish '$1' is not HOSTPORT:PORT or ADDRESS:HOSTPORT:PORT" ;;
		esac
		[ "$publish_number" -ge 1 ] && [ "$publish_number" -le 65535 ] ||
			misused "--publish '$1': $publish_number is not a port"
	done
}

# socat takes an address for one of version 4 unless it is told.
publish_family() {
	case $publish_address in
	*:*) echo ,pf=ip6 ;;
	esac
}

publish_proxyd() {
	for publish_proxyd in /lib/systemd/systemd-socket-proxyd /usr/lib/systemd/systemd-socket-proxyd; do
		[ -x "$publish_proxyd" ] && { echo "$publish_proxyd"; return; }
	done
}

publish_with() {
	if [ -n "$(publish_proxyd)" ] && command -v systemd-socket-activate >/dev/null; then
		echo proxyd
	elif command -v socat >/dev/null; then
		echo socat
	fi
}

# start_publish DIR: a forwarder for each port of a running instance, whose record is loaded; sets
# start_problem.
start_publish() {
	start_problem=
	publish_at=$1
	for publish_spec in $instance_ports; do
		process_alive "$publish_at/pid" || return 0	# start_ready says why
		publish_one "$process_pid" "$publish_spec" || return 1
	done
}

# publish_one PID SPEC. What it starts outlives us, unless publish_bound says otherwise; its log and the
# note of its pid are in publish_at.
publish_bound=
publish_one() {
	publish_parse "$2"
	publish_pid=$1
	case $(publish_with) in
	proxyd)
		$publish_bound setsid systemd-socket-activate -l "$publish_address:$publish_first" \
			nsenter --net="/proc/$publish_pid/ns/net" "$(publish_proxyd)" "127.0.0.1:$publish_port" \
			>/dev/null 2>>"$publish_at/log" </dev/null 9>&- 8>&- 7>&- & ;;
	socat)
		$publish_bound setsid socat "TCP-LISTEN:$publish_first,bind=$publish_address,fork,reuseaddr$(publish_family)" \
			"EXEC:nsenter --net=/proc/$publish_pid/ns/net socat STDIO TCP\:127.0.0.1\:$publish_port" \
			>/dev/null 2>>"$publish_at/log" </dev/null 9>&- 8>&- 7>&- & ;;
	*)
		start_problem="has ports to publish and no forwarder: install the package systemd or socat"
		return 1 ;;
	esac
	publish_child=$!
	process_note "$publish_at/port.$publish_first" "$publish_child"
	wait_while 30 publish_begins
	port_held "$publish_first" "$publish_child" && return
	kill "$publish_child" 2>/dev/null
	rm -f "$publish_at/port.$publish_first"
	start_problem="cannot publish $publish_address:$publish_first: $(publish_why)"
	return 1
}

publish_begins() {
	kill -0 "$publish_child" 2>/dev/null && ! port_held "$publish_first" "$publish_child"
}

# Whatever listens on that port may be on another address, so the forwarder's own word goes first.
publish_why() {
	case $(tail -n 2 "$publish_at/log" 2>/dev/null) in
	*'not assign requested address'*) echo "this machine has no such address" ;;
	*'lready in use'*) echo "something else listens on that port" ;;
	*'denied'*) echo "permission denied" ;;
	*) ! port_listens "$publish_first" && echo "the forwarder did not start$(log_last "$publish_at/log")" ||
		echo "something else listens on that port" ;;
	esac
}
