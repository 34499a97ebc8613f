#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sfc dev: roots from directories, archives and each other; their layers.
# shellcheck disable=SC2010,SC2317 # names we chose; called by wait_for
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
requires root
requires jq --version
requires busybox true
requires unshare --mount true
requires script --version

export SFC_STATE="$dir/state"
mkdir -p src/bin src/etc src/sub/deep
cp "$(command -v busybox)" src/bin/busybox
for tool in sh cat rm mkdir mv echo chmod id sleep; do ln -s busybox "src/bin/$tool"; done
echo one >src/etc/one
echo two >src/etc/two
echo deep >src/sub/deep/file
tar -C src -cf src.tar .
gzip -k src.tar

# --- create
check "from a directory" sfc dev create web --from src
check "from a tar" sfc dev create tar --from src.tar.gz
check "the same tar again" sfc dev create tar2 --from src.tar.gz
check_equal "it is stored once" "$(sfc dev list --json | jq '[.names[] | select(.name | startswith("tar")).base] | unique | length')" 1
check_fails "a name that is taken" 1 "*'web' already*" sfc dev create web --from src
check_fails "a source that is not there" 1 "*no such file*" sfc dev create x --from nowhere
check_fails "a bad name" 2 "*no good as the name*" sfc dev create ../x --from src
head -c 100 src.tar.gz >short.tar.gz
check_fails "a truncated archive" 1 "sfc: dev: *short.tar.gz*" sfc dev create x --from short.tar.gz
check_equal "nothing of it is left" "$(sfc dev list --json | jq '[.names[].name, .bases[].id | select(test("^x|^short"))] | length') $(ls -A "$SFC_STATE/base" "$SFC_STATE/dev" | grep -c -e '^x' -e '^short')" "0 0"
check_fails "a word of sfc test as a name" 2 "*'start' is a word of 'sfc test'*" sfc dev create start --from src
check_fails "an unknown package" 1 "*mmdebstrap*" sfc dev create x --from debian:nosuchsuite

# --- in it
check_equal "exec is inside" "$(sfc dev exec web -- cat /etc/one)" one
sfc dev exec web sh -c 'exit 9'
check_equal "exec passes the status on" $? 9
sfc dev exec web sh -c 'echo new >/etc/new; echo more >>/etc/one; rm /etc/two; mkdir /made; chmod 700 /sub'
# what a container is mounted over is made in its layer, as other engines make it
made=' /(dev|proc|sys|etc/hosts|etc/resolv.conf)$'
check_equal "diff says what the layer changed" "$(sfc dev diff web | grep -vE "$made")" "A /etc/new
M /etc/one
D /etc/two
A /made
M /sub"
check_equal "as JSON, too" "$(sfc dev diff web --json | jq -r '[.[] | select(.path == "/etc/two" or .path == "/made") | .change] | join(" ")')" "deleted added"
check_equal "the source is as it was" "$(cat src/etc/one; ls src/etc)" "one
one
two"

# --- a terminal of its own: not ours, and ours is as it was
for tool in tty stty; do ln -s busybox "src/bin/$tool"; done
check "with a terminal" sfc dev create term --from src
{ sleep 1; echo 'stty size; exit 7'; sleep 1; } | script -qec 'stty rows 33 cols 99; stty -a >before
	sfc dev shell term; echo "status $?"; stty -a >after' /dev/null >typed 2>&1
check_equal "a shell at a terminal: its size, the status" "$(tr -d '\r' <typed | grep -E '^(33 99|status)')" "33 99
status 7"
check "the terminal is as it was" cmp before after
sfc dev rm term

# --- two developers
check "a branch" sfc dev create mine --from web
check_equal "sees what there was" "$(sfc dev exec mine cat /etc/new)" new
sfc dev exec mine sh -c 'echo mine >/etc/new'
sfc dev exec web sh -c 'echo web >/etc/other'
check_equal "neither sees the other" "$(sfc dev exec web cat /etc/new; sfc dev exec mine sh -c 'cat /etc/other 2>/dev/null || echo none')" "new
none"

# --- commit, reset
check "commit" sfc dev commit web v1
check_equal "the layer is empty" "$(sfc dev diff web)" ""
check_equal "and nothing is lost" "$(sfc dev exec web cat /etc/other)" web
sfc dev exec web sh -c 'rm /etc/other /etc/new; echo two >/etc/two'
check_equal "a layer over a layer" "$(sfc dev diff web)" "D /etc/new
D /etc/other
A /etc/two"
check_equal "create says what it made, as JSON" "$(sfc dev create said --from v1 --json | jq -r '[.name, .base, .from] | join(" ")')" "said v1 v1"
check_equal "or only its name" "$(sfc dev create said2 --from said -q; sfc dev rm said said2)" said2
check "start from the commit" sfc dev create next --from v1
check_equal "which has what was committed" "$(sfc dev exec next sh -c 'cat /etc/other; [ -e /etc/two ] || echo gone')" "web
gone"
check "reset" sfc dev reset web
check_equal "is back at the commit" "$(sfc dev exec web cat /etc/other)" web
check "the log tells" sh -c 'sfc dev log web | grep -q "committed as v1"'
check_fails "a base that is stood on stays" 1 "*stood on by*" sfc dev rm v1
check_fails "a commit over another" 1 "*base 'v1' already*" sfc dev commit mine v1

# --- at once
(sfc dev create a1 --from src.tar >a1.out 2>&1; echo $? >>a1.out) &
(sfc dev create a1 --from src.tar >a2.out 2>&1; echo $? >>a2.out) &
(sfc dev create a2 --from src.tar >a3.out 2>&1; echo $? >>a3.out) &
wait
check_equal "one of two with a name wins" "$(cat a1.out a2.out a3.out | grep -c '^0$')" 2
# --- from Debian: minutes on a slow network, hence not always
if [ -n "${SFC_TEST_LONG:-}" ] && command -v mmdebstrap >/dev/null; then
	check "from Debian, with a package" sfc dev create deb --from debian:bookworm+busybox-static
	check_equal "which is in it" "$(sfc dev exec deb busybox echo inside)" inside
	check "the same again" sfc dev create deb2 --from debian:bookworm+busybox-static
	check_equal "is the same base" "$(sfc dev list --json | jq '[.names[] | select(.name | startswith("deb")).base] | unique | length')" 1
	check "rm deb" sfc dev rm deb deb2
fi

# --- several at once in one name, which has one mount
sleeps() { pgrep -f "^sleep 12345[$1]\$"; }
setsid sfc dev exec web sleep 123451 &
shell=$!
check "a command runs in it" wait_for 30 sleeps 1
check_equal "and is listed" "$(sfc dev list --json | jq -r '.names[] | select(.name == "web").visits[].what')" "sleep 123451"
check_equal "a second one sees the same" "$(sfc dev exec web sh -c 'echo joined >/etc/joined; cat /etc/joined')" joined
setsid sfc dev exec web sh -c 'sleep 123452; cat /etc/joined >/etc/kept' &
second=$!
check "a third one stays" wait_for 30 sleeps 2
check_fails "what is in use is not reset" 1 "*'web' is in use*" sfc dev reset web
check_fails "nor removed" 1 "*'web' is in use*" sfc dev rm web
check_fails "nor committed" 1 "*'web' is in use*" sfc dev commit web v2
check_equal "nothing is mounted outside of it" "$(grep -c "$SFC_STATE" /proc/self/mountinfo)" 0

# --- killed
inside=$(sleeps 1)
kill -9 -$shell
wait $shell 2>/dev/null
check "what it ran ends with it" wait_for 30 ended "$inside"
check_fails "who joined it is still there" 1 "*'web' is in use*" sfc dev reset web
check_equal "and can be joined" "$(sfc dev exec web cat /etc/joined)" joined
kill "$(sleeps 2)"
wait $second
check_equal "what it wrote is there" "$(sfc dev exec web cat /etc/kept)" joined
sfc dev exec web rm /etc/kept /etc/joined

mkdir -p "$SFC_STATE/dev/web/99/upper" "$SFC_STATE/base/half/tree/etc" # of a reset and a create that were killed
sqlite3 "$SFC_STATE/state.db" "INSERT INTO base VALUES ('half', 'x', NULL, 0, 'making')"
for moment in 0.01 0.02 0.04 0.08; do
	setsid sfc dev create killed$moment --from src.tar >/dev/null 2>&1 &
	sleep $moment
	kill -9 -$! 2>/dev/null
	wait $! 2>/dev/null
	wait_for 30 sh -c "! pgrep -r D,R,S,T -g $!"
done
sfc doctor --repair >repaired
check "repair says what it did" grep -q "^removed what was left of the base 'half'" repaired
check_equal "nothing half-made is left" "$(ls "$SFC_STATE/base" | grep half; ls "$SFC_STATE/dev/web" | grep 99; sqlite3 "$SFC_STATE/state.db" "SELECT name FROM base WHERE state <> 'ready' UNION SELECT name FROM dev WHERE state <> 'ready'")" ""
check_equal "nor mounted" "$(grep -c "$SFC_STATE" /proc/self/mountinfo)" 0
check_equal "a second repair finds nothing" "$(sfc dev _repair)" ""
check_equal "all works" "$(sfc dev exec web cat /etc/other)" web
for moment in 0.01 0.02 0.04 0.08; do
	[ -e "$SFC_STATE/dev/killed$moment" ] || sfc dev create killed$moment --from src.tar >/dev/null
	sfc dev rm killed$moment || fail "rm killed$moment"
done

check "rm" sfc dev rm web mine next tar tar2 a1 a2 v1
check_equal "nothing is left mounted" "$(grep -c "$SFC_STATE" /proc/self/mountinfo)" 0
finish
