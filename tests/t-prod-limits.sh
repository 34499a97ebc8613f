#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Many users of one machine: three at once reach each of their limits and nobody goes beyond, -p :PORT takes a free
# port of theirs, list shows each what is his; and two states on one package file, which is replaced under them.
# shellcheck disable=SC2016,SC2046,SC2086,SC2317 # programs in quotes; several words; called by names
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/prod.sh
. "$srcdir/tests/prod.sh"
requires slirp4netns --version
requires python3 -c ''
requires getent passwd daemon bin nobody

busybox_package web.sfc web '
trap "exit 0" TERM
mkdir /data/www
echo "one" >/data/www/index.html
httpd -h /data/www -p 8080
while :; do sleep 0.1; done'
check "install" sfc prod install web.sfc

# at_once USER N WORDS…: N starts for him at the same time; what they said is in USER.N
at_once() {
	who=$1 most=$2
	shift 2
	for nth in $(seq "$most"); do
		(sfc prod start web --name "$who$nth" --for "$who" "$@" >"$who.$nth" 2>&1) &
	done
	wait
}
# up USER: how many of his came up; refused USER WORDS: how many were not for this
up() { cat "$1".[0-9] | grep -c "^web/$1[0-9]* started"; }
refused() { cat "$1".[0-9] | grep -cF "user '$1' is limited to $2"; }
round() {
	at_once daemon 4 $1 &
	rounds=$!
	at_once nobody 4 $2 &
	rounds="$rounds $!"
	at_once bin 5 $3 &
	wait $rounds $!
}
clear_round() {
	sfc prod rm --all --grace 0 >/dev/null 2>&1
	rm -f daemon.? nobody.? bin.?
	sfc prod install web.sfc -q >/dev/null 2>&1
}

# --- a line of his own, of his group, of everybody
free_ports 4
base=$port
printf 'daemon instances=2\n@nogroup memory=64M\ndefault ports=%s-%s\n' $base $((base + 3)) >limits.conf
# one of them is somebody else's
python3 -c 'import socket, sys, time
s = socket.socket(); s.bind(("0.0.0.0", int(sys.argv[1]))); s.listen(); open("bound", "w").close(); time.sleep(600)' $((base + 1)) &
holder=$!
on_exit kill $holder
wait_for 20 test -e bound
round "" "-m 24M" "-p :8080"
check_equal "of four at once as many as he may have" "$(up daemon) $(refused daemon "instances=2 in all")" "2 2"
check_equal "of four at once as much memory as his group may" "$(up nobody) $(refused nobody "memory=64M in all")" "2 2"
check_equal "of five at once as many as there are ports" "$(up bin) $(refused bin "ports=$base-$((base + 3)) ")" "3 2"
check_equal "each has its own, and none has somebody else's" "$(sed -n 's/^web.* started, //p' bin.? | sort | tr '\n' ' ')" \
	"$base:8080 $((base + 2)):8080 $((base + 3)):8080 "
check_equal "which list shows" "$(sfc prod list web --json | jq -r '[.[0].instances[].publish[]?] | sort | join(" ")')" \
	"$base:8080 $((base + 2)):8080 $((base + 3)):8080"
answers() { python3 -c 'import sys, urllib.request as u; print(u.urlopen("http://127.0.0.1:" + sys.argv[1], timeout=5).read().decode(), end="")' "$1" 2>/dev/null | grep -qx one; }
for port in $base $((base + 2)) $((base + 3)); do check "and which answers" wait_for 20 answers $port; done
last=$(grep -l "started, $base:" bin.?)
last=web/bin${last#bin.}
check "stop" sfc prod stop "$last"
check "it keeps its port" sfc prod start "$last"
check_equal "whatever else is free" "$(about "$last" '.publish[0]')" "$base:8080"
check "rm" sfc prod rm "$last" --grace 0
check_equal "which makes room for the next" "$(sfc prod start web --name n --for bin -p :8080)" "web/n started, $base:8080"

# --- what is not his
check "rm" sfc prod rm web/n --grace 0
check_fails "a port that is none of his" 1 "*'bin'*ports=*: 8080 is none of them; -p :8080 takes*" sfc prod start web --name n --for bin -p 8080:8080
check_fails "nor the host's network, where all are" 1 "*'bin'*ports=*network of the host*" sfc prod start web --name n --for bin
check_equal "one of his by its number" "$(sfc prod start web --name n --for bin -p $base:8080)" "web/n started"
check "rm" sfc prod rm $(sfc prod list web -q | grep -e /bin -e "/n$") --grace 0
check_equal "three that are started together" "$(sfc prod start web --count 3 --for bin -p :8080 | sed 's/.* started, //' | tr '\n' ' ')" \
	"$base:8080 $((base + 2)):8080 $((base + 3)):8080 "
check_fails "of who has none they are named" 2 "*one port of the host for 2 instances*" sfc prod start web --count 2 --for daemon -p :8080
check "rm" sfc prod rm web/1 web/2 web/3 --grace 0

# --- root sees all, by sudo as well: by whom each was started stands in a column of its own
check_equal "root by sudo sees all" "$(SUDO_UID=$(id -u nobody) sfc prod list web --json | jq -r '[.[0].instances[].user] | unique | join(" ")')" "daemon nobody"
clear_round

# --- the other limits, of three users again
printf 'daemon cpus=1\nnobody pids=50\nbin disk=40M\n' >limits.conf
round "--cpus 0.4" "--pids 20" "--layer-size 16M"
check_equal "as many processors as he may have" "$(up daemon) $(refused daemon "cpus=1 in all")" "2 2"
check_equal "as many processes" "$(up nobody) $(refused nobody "pids=50 in all")" "2 2"
check_equal "as much of the disk" "$(up bin) $(refused bin "disk=40M in all")" "2 3"
clear_round
rm limits.conf

# --- one package file on shared storage, two machines' states, and replaced under them by rename
mkdir share
busybox_package one.sfc web '
trap "exit 0" TERM
while :; do sleep 0.1; done
# one'
busybox_package two.sfc web '
trap "exit 0" TERM
while :; do sleep 0.1; done
# two'
one=$(sha256sum one.sfc | cut -d ' ' -f 1) two=$(sha256sum two.sfc | cut -d ' ' -f 1)
cp one.sfc share/web.sfc
on_a() { SFC_STATE=$dir/a sfc "$@"; }
on_b() { SFC_STATE=$dir/b sfc "$@"; }
others_down() { on_a prod rm --all --grace 0; on_b prod rm --all --grace 0; } >/dev/null 2>&1
on_exit others_down
check "one installs it" on_a prod install share/web.sfc
check "the other, too" on_b prod install share/web.sfc
check "and starts" on_a prod start web --count 2
check "as the other does" on_b prod start web
kept() { [ "$(SFC_STATE=$dir/$1 sfc prod exec web/1 -- cat /etc/main.sh | tail -n 1)" = "# $2" ]; }
cp two.sfc share/.new && mv share/.new share/web.sfc
check_equal "replaced under both, both have what they had" "$(kept a one && kept b one && echo yes)" yes
check "a restart, too" on_a prod restart web/1
check "has what was installed" kept a one
check "one takes the new" on_a prod update web share/web.sfc
check_equal "the other is not touched" "$(kept a two && kept b one && echo yes)" yes
check "until it does" on_b prod update web share/web.sfc
check "the new" kept b two
check "rollback in one" on_a prod rollback web
check_equal "is that one's" "$(kept a one && kept b two && echo yes)" yes

# --- while it is taken in it is one or the other, never half of each
(
	while [ ! -e enough ]; do
		for file in one two; do cp $file.sfc share/.new && mv share/.new share/web.sfc; done
	done
) &
changer=$!
for nth in $(seq 12); do
	on_a prod install share/web.sfc --name "a$nth" -q >>said 2>&1 &
	on_b prod install share/web.sfc --name "b$nth" -q >>said 2>&1
	wait $!
done
touch enough
wait $changer
check_equal "24 were taken in while it changed" "$(wc -l <said)" 24
check_equal "each whole" "$( (on_a prod list --json; on_b prod list --json) | jq -r '.[].package' | sort -u | grep -vx -e "$one" -e "$two")" ""
check_equal "and of both there were some" "$( (on_a prod list --json; on_b prod list --json) |
	jq -r '.[] | select(.name != "web") | .package' | sort -u | wc -l)" 2
check "what runs of it runs" kept b two
check "run of a file that is replaced meanwhile" sh -c '
	cp "$1" share/web.sfc
	sfc run -q share/web.sfc -- sh -c "sleep 1; cat /etc/main.sh" >ran &
	sleep 0.5; cp "$2" share/.new && mv share/.new share/web.sfc; wait
	[ "$(tail -n 1 ran)" = "# one" ]' sh one.sfc two.sfc
others_down
check "rm" sfc prod rm --all --grace 0
check_equal "nothing is left" "$(prod_leftovers)" ""
finish
