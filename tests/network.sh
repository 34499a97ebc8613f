# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034,SC2317 # names of lib.sh; set for who sources this; called indirectly
# For the tests of networks: a machine of their own, which is a network and a mount namespace, and a neighbour.
#
#	machine_of_its_own "$@"		before lib.sh: the test goes on in it
#	. "${srcdir:-.}/tests/lib.sh"
#	machine
#
# The machine is 198.51.100.1 and its neighbour, a namespace at the other end of a cable, 198.51.100.2: it answers by TCP
# and UDP on port 7000 and says by which address it is asked, and it is the resolver, for which each name is its own.
# What listens on the machine's loopback, port 7001 and an abstract socket, says "host" to who reaches it.

here=198.51.100.1
far=198.51.100.2

machine_of_its_own() {
	[ -z "${SFC_TEST_MACHINE:-}" ] || return 0
	[ "$(id -u)" = 0 ] || { echo "SKIP: needs root"; exit 77; }
	SFC_TEST_MACHINE=yes exec unshare --net --mount --propagation slave sh "$0" "$@"
}

machine() {
	requires root
	requires ip -V
	requires python3 --version
	requires slirp4netns --version
	ip link set lo up
	unshare --net sleep 1000 & neighbour=$!
	on_exit kill "$neighbour"
	wait_for 5 sh -c "[ \$(readlink /proc/$neighbour/ns/net) != \$(readlink /proc/self/ns/net) ]"
	ip link add near type veth peer name far netns "$neighbour"
	ip address add $here/24 dev near
	ip link set near up
	nsenter --net --target "$neighbour" sh -c "ip link set lo up; ip address add $far/24 dev far; ip link set far up"
	echo "nameserver $far" >"$dir/resolv.conf"
	mount --bind "$dir/resolv.conf" /etc/resolv.conf
	write_programs
	nsenter --net --target "$neighbour" python3 "$dir/net/neighbour.py" & on_exit kill $!
	python3 "$dir/net/host.py" & on_exit kill $!
	wait_for 5 python3 "$dir/net/ask.py" tcp $far 7000 || fail "the neighbour does not answer"
	wait_for 5 python3 "$dir/net/ask.py" tcp 127.0.0.1 7001 || fail "the host does not answer"
	chmod -R a+rX "$dir/net"
	chmod a+x "$dir"
}

write_programs() {
	mkdir -p "$dir/net"
	cat >"$dir/net/answer.py" <<'END'
import os, selectors, socket, sys

# Answers are what `say` makes of the address of who asks.
def serve(places, say):
    waiting = selectors.DefaultSelector()
    for kind, place in places:
        family = socket.AF_UNIX if isinstance(place, str) else socket.AF_INET6 if ":" in place[0] else socket.AF_INET
        s = socket.socket(family, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(place)
        if kind != "udp":
            s.listen(1000)
        waiting.register(s, selectors.EVENT_READ, kind)
    held = []
    while True:
        for key, _ in waiting.select():
            s = key.fileobj
            try:
                if key.data == "udp":
                    question, who = s.recvfrom(500)
                    s.sendto(say(who, question), who)
                else:
                    connection, who = s.accept()
                    connection.sendall(say(who, b""))
                    # as long as there are not too many: who keeps them open wants them at once
                    held.append(connection)
                    if len(held) > 700:
                        held.pop(0).close()
                    if key.data == "tcp":
                        connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass

def address(who, question):
    return who[0].replace("::ffff:", "").encode() if isinstance(who, tuple) else b"unix"
END
	cat >"$dir/net/neighbour.py" <<'END'
import socket, threading
from answer import serve, address

def name(who, question):
    end = question.index(b"\0", 12) + 5
    asks_ip4 = question[end - 3] == 1
    head = question[:2] + b"\x81\x80\0\1\0" + bytes([asks_ip4]) + b"\0\0\0\0" + question[12:end]
    return head + (b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4" + socket.inet_aton("198.51.100.2") if asks_ip4 else b"")

threading.Thread(target=serve, args=([("udp", ("198.51.100.2", 53))], name), daemon=True).start()
serve([("tcp", ("198.51.100.2", 7000)), ("udp", ("198.51.100.2", 7000))], address)
END
	cat >"$dir/net/host.py" <<'END'
from answer import serve

places = [(kind, (at, 7001)) for kind in ("tcp", "udp") for at in ("127.0.0.1", "::1")]
serve(places + [("tcp", "\0sfc-test")], lambda who, question: b"host")
END
	# tcp|udp ADDRESS PORT: what is answered
	cat >"$dir/net/ask.py" <<'END'
import socket, sys

def ask(kind, at, port=None, seconds=0.5):
    family = socket.AF_UNIX if port is None else socket.AF_INET6 if ":" in at else socket.AF_INET
    s = socket.socket(family, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
    s.settimeout(seconds)
    try:
        s.connect(at if port is None else (at, int(port)))
        if kind == "udp":
            s.send(b"question")
        return s.recv(100).decode()
    except OSError:
        return ""

if __name__ == "__main__":
    answer = ask(*sys.argv[1:])
    print(answer or "nothing")
    sys.exit(not answer)
END
	# which of the host's own are reached, and what the neighbour answers
	cat >"$dir/net/reach.py" <<'END'
from ask import ask

ways = {"loopback": "127.0.0.1", "loopback6": "::1", "gateway": "10.0.2.2", "resolver": "10.0.2.3"}
reached = [kind + " " + way for kind in ("tcp", "udp") for way, at in ways.items() if ask(kind, at, 7001, 0.3) == "host"]
if ask("tcp", "\0sfc-test") == "host":
    reached.append("abstract")
print(", ".join(reached) or "none of the host")
print("out:", ask("tcp", "198.51.100.2", 7000) or "none", ask("udp", "198.51.100.2", 7000) or "none")
END
	cat >"$dir/net/serve.py" <<'END'
from answer import serve, address

serve([("tcp", ("0.0.0.0", 8080)), ("udp", ("0.0.0.0", 8080)), ("udp", ("0.0.0.0", 9000))], address)
END
	# N connections at once: how many are answered
	cat >"$dir/net/many.py" <<'END'
import socket, sys

def answered(s):
    try:
        return s.recv(1) != b""
    except OSError:
        return False

all = [socket.create_connection((sys.argv[1], int(sys.argv[2])), 20) for _ in range(int(sys.argv[3]))]
print(sum(answered(s) for s in all))
END
}

# So that a package of busybox finds python and these programs.
python_inside="-v /usr:/usr:ro -v /lib:/lib:ro -v /lib64:/lib64:ro"

ask() { python3 "$dir/net/ask.py" "$@"; }
answered() { ask "$@" >"$dir/answer"; }
answered_far() { ask_from_far "$@" >"$dir/answer"; }
ask_from_far() { nsenter --net --target "$neighbour" python3 "$dir/net/ask.py" "$@"; }
