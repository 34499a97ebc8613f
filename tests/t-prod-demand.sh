#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc prod start --on-demand: the first connection starts what sleeps and is answered, none is lost while it falls
# asleep and wakes, many start more; what holds the ports may be killed, and a start that fails closes who connected.
# shellcheck disable=SC2016,SC2317 # programs in quotes; called by names
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"
requires slirp4netns --version
requires python3 -c ''
[ -x /usr/lib/systemd/systemd-socket-proxyd ] || [ -x /lib/systemd/systemd-socket-proxyd ] || skip "needs systemd-socket-proxyd"

busybox_package web.sfc web '
trap "exit 0" TERM
[ -z "${FAIL:-}" ] || { echo "no luck"; exit 3; }
echo run >>/data/runs
mkdir -p /data/www
echo one >/data/www/index.html
sleep "${SLOW:-0}"
httpd -h /data/www -p 8080
while :; do sleep 0.1; done'
check "install" sfc prod install web.sfc
free_ports 4
state_of() { sfc prod list "$1" --json | jq -r '[.[0].instances[].state] | join(" ")'; }
is() { [ "$(state_of "$1")" = "$2" ]; }
runs() { wc -l <"$SFC_STATE/app/web/$1/layer/upper/data/runs"; }
holder() { pgrep -f "prod _hold $SFC_STATE\$"; }

# client.py PORT COUNT SECONDS GAP: so many at once, or after GAP seconds each; each waits SECONDS before it asks. The
# number of those that were answered.
cat >client.py <<'END'
import socket, sys, threading, time
port, count, wait, gap = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
answered = []
def ask():
    s = socket.create_connection(("127.0.0.1", port), timeout=60)
    time.sleep(wait)
    s.sendall(b"GET / HTTP/1.0\r\n\r\n")
    data = b""
    while True:
        more = s.recv(4096)
        if not more: break
        data += more
    if data.endswith(b"one\n"): answered.append(1)
def tried():
    try: ask()
    except OSError: pass
threads = [threading.Thread(target=tried) for _ in range(count)]
for thread in threads:
    thread.start()
    if gap:
        thread.join()
        time.sleep(gap)
for thread in threads: thread.join()
print(len(answered))
END
client() { python3 client.py "$@"; }

# --- asleep, awake, asleep
check_equal "it waits" "$(sfc prod start web --on-demand --idle 2 -p $port:8080 -e SLOW=1)" "web/1 waits at $port:8080"
check_equal "and sleeps" "$(state_of web)" sleeping
check_equal "with nothing that runs" "$(pgrep -f "conmon.*name web-1-$(sqlite3 "$SFC_STATE/state.db" 'SELECT substr(uuid, 1, 8) FROM state')")" ""
check "it is well" sfc prod health web
check_equal "the first hundred at once are answered" "$(client $port 100 0 0)" 100
check_equal "it is up" "$(state_of web)" running
check_equal "once" "$(runs 1)" 1
check "without a connection it sleeps again" wait_for 10 is web sleeping
check_equal "one that says nothing for long keeps it awake" "$(client $port 1 4 0) $(state_of web) $(runs 1)" "1 running 2"
check "what is up can be stopped" sfc prod stop web
check_equal "which closes the port" "$(client $port 1 0 0)" 0
check_equal "and is no failure" "$(state_of web)" stopped
check_equal "until it is started" "$(sfc prod start web)" "web/1 waits at $port:8080"
check_equal "and is answered" "$(client $port 1 0 0)" 1
check "rm" sfc prod rm web/1
check_equal "nobody holds what nobody wants" "$(wait_for 5 sh -c "! pgrep -f 'prod _hold $SFC_STATE\$'"; holder)" ""

# --- just when it falls asleep
sfc prod start web --on-demand --idle 1 -p $port:8080 >/dev/null
lost=0
for gap in 1.0 1.1 1.2 1.3 1.4 1.5 1.6 1.7 1.8 1.9 2.0 2.1; do [ "$(client $port 1 0 $gap)" = 1 ] || lost=$((lost + 1)); done
check_equal "who comes while it is laid down is answered" $lost 0
check "it was laid down between" test "$(runs 1)" -gt 2
sfc prod rm web/1 --grace 0

# --- more of them
check_equal "three share a port" "$(sfc prod start web --on-demand --idle 2 --instances 0..3 --per 2 -p $port:8080)" \
	"web/1 waits at $port:8080
web/2 waits at $port:8080
web/3 waits at $port:8080"
client $port 6 12 0 >many &
check "one connection is one" wait_for 10 is web "running sleeping sleeping"
check "six connections are three of them" wait_for 15 is web "running running running"
wait
check_equal "each is answered" "$(cat many)" 6
check "none is none" wait_for 20 is web "sleeping sleeping sleeping"
sfc prod rm web/1 web/2 web/3 --grace 0
sfc prod start web --on-demand --idle 1 --instances 1..2 --per 2 -p $port:8080 >/dev/null
check "one that is always up" wait_for 10 is web "running sleeping"
sleep 3
check_equal "stays so" "$(state_of web)" "running sleeping"
sfc prod rm web/1 web/2 --grace 0

# --- what goes wrong
sfc prod start web --on-demand -p $port:8080 -e FAIL=1 >/dev/null
check_equal "who connects to what does not start is closed" "$(client $port 2 0 0)" 0
check_equal "in one line of its log" "$(sfc prod logs web/1 | grep -c 'sfc: could not be started for who connected; [12] connections* closed: .*web/1 ended with status 3')" 1
check_equal "and of inspect" "$(about web/1 '[.events[].what | select(test("ended with status 3"))] | length > 0')" true
sfc prod rm web/1
sfc prod start web --on-demand -p $port:8080 >/dev/null
check_fails "a port that another has" 1 "*web/2: cannot publish port $port: Address already in use*" sfc prod start web --name 2 --on-demand -p 127.0.0.1:$port:8080
check_equal "leaves no instance" "$(sfc prod list -q)" web/1
check_equal "a proxy that is killed is put back" "$(client $port 1 0 0; kill -9 "$(pgrep -P "$(holder)" -f socket-proxyd)"; sleep 0.5; client $port 1 0 0)" "1
1"
kill -9 "$(holder)"
check_equal "without the holder nobody is answered" "$(client $port 1 0 0)" 0
check_equal "doctor puts it back" "$(sfc doctor --repair 2>&1 | grep -c 'on demand are held again')" 1
check_equal "in front of what runs" "$(client $port 1 0 0) $(runs 1)" "1 1"
kill -9 "$(holder)"
sfc prod stop web
check_equal "so does the next start" "$(sfc prod start web >/dev/null; client $port 1 0 0)" 1
printf 'nobody instances=0 ports=%s-%s\n' $((port + 1)) $((port + 2)) >limits.conf
check_equal "a port of the user's is chosen when it begins to wait" "$(sfc prod start web --name n --on-demand --for nobody -p :8080)" "web/n waits at $((port + 1)):8080"
check_equal "his other limits count when it starts" "$(client $((port + 1)) 1 0 0) $(sfc prod logs web/n | grep -c "1 connection closed: .*'nobody' is limited to instances=0")" "0 1"
rm limits.conf
while read -r words; do
	# shellcheck disable=SC2086 # several words
	check_fails "$words is no way to wait" 2 "*--on-demand*" sfc prod start web $words
done <<END
--on-demand
--on-demand -p $port:80/udp
--on-demand -p $port:80 --restart always
--on-demand -p $port:80 --count 2
--idle 5m
--instances 0..2
END
check_fails "a time that is none" 2 "*--idle*" sfc prod start web --on-demand -p $port:80 --idle soon

check "rm --all" sfc prod rm --all --grace 0
check_equal "nothing is left" "$(prod_leftovers)$(wait_for 5 sh -c "! pgrep -f 'prod _hold $SFC_STATE\$'"; holder)$(ls "$SFC_STATE" | grep sock)" ""
finish
