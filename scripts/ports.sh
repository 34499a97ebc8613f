# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Who listens on a TCP port. Looked up, not tried: a connection would be the server's first.

# port_sockets PORT [PID]: the sockets that listen there, in the network namespace of PID, one a line
# as the links below /proc/PID/fd call them.
port_sockets() {
	cat "/proc/${2:-self}/net/tcp" "/proc/${2:-self}/net/tcp6" 2>/dev/null |
		awk -v port="$(printf ':%04X' "$1")" '
			$4 == "0A" && substr($2, length($2) - 4) == port { print "socket:[" $10 "]" }'
}

# port_listens PORT [PID]
port_listens() {
	[ -n "$(port_sockets "$@")" ]
}

# port_held PORT PID…: one of these processes, all in the namespace of the first, listens there.
port_held() {
	port_wanted=$(port_sockets "$1" "$2")
	shift
	[ -n "$port_wanted" ] || return 1
	for port_pid; do
		find "/proc/$port_pid/fd" -maxdepth 1 -printf '%l\n' 2>/dev/null | grep -qxF "$port_wanted" && return
	done
	return 1
}
