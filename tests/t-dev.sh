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
check_equal "nothing of it is left" "$(ls -A "$SFC_STATE/base" "$SFC_STATE/dev" | grep -c -e '^\.' -e '^x')" 0
check_fails "an unknown package" 1 "*mmdebstrap*" sfc dev create x --from debian:nosuchsuite

# --- in it
check_equal "exec is inside" "$(sfc dev exec web -- cat /etc/one)" one
sfc dev exec web sh -c 'exit 9'
check_equal "exec passes the status on" $? 9
sfc dev exec web sh -c 'echo new >/etc/new; echo more >>/etc/one; rm /etc/two; mkdir /made; chmod 700 /sub'
check_equal "diff says what the layer changed" "$(sfc dev diff web | grep -vE ' /(dev|proc|sys)$')" "A /etc/new
M /etc/one
D /etc/two
A /made
M /sub"
check_equal "the source is as it was" "$(cat src/etc/one; ls src/etc)" "one
one
two"

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

# --- killed
sleeps() { pgrep -f "^sleep 12345[$1]\$"; }
setsid sfc dev exec web sleep 123451 &
shell=$!
check "a command runs in it" wait_for 30 sleeps 1
check_fails "what is in use is not reset" 1 "*'web' is in use*" sfc dev reset web
check_fails "nor removed" 1 "*'web' is in use*" sfc dev rm web
init=$(cat "$SFC_STATE"/dev/web/.pid.*)
kill -9 -$shell
wait $shell 2>/dev/null
wait_for 30 ended "$init"
check "it is still mounted" mountpoint -q "$SFC_STATE/dev/web/root"
mv "$SFC_STATE/dev/web/upper" "$SFC_STATE/dev/web/.upper" # between the two steps of a reset
for moment in 0.05 0.15 0.25 0.35; do
	setsid sfc dev create killed$moment --from src.tar >/dev/null 2>&1 &
	sleep $moment
	kill -9 -$! 2>/dev/null
	wait $! 2>/dev/null
	wait_for 30 sh -c "! pgrep -r D,R,S,T -g $!"
done
mkdir "$SFC_STATE/base/.new.4194305" # of a process that cannot be
sfc doctor --repair >repaired
check "repair says what it did" sh -c 'grep -q "^web: unmounted" repaired && grep -q "removed .*new.4194305" repaired'
check_equal "nothing half-made is left" "$(ls -A "$SFC_STATE/base" "$SFC_STATE/dev" "$SFC_STATE/dev/web" | grep '^\.')" ""
check_equal "nor mounted" "$(grep -c "$SFC_STATE" /proc/self/mountinfo)" 0
check_equal "a second repair finds nothing" "$(sfc dev _repair)" ""
check_equal "all works" "$(sfc dev exec web cat /etc/other)" web
for moment in 0.05 0.15 0.25 0.35; do
	[ -e "$SFC_STATE/dev/killed$moment" ] || sfc dev create killed$moment --from src.tar >/dev/null
	sfc dev rm killed$moment || fail "rm killed$moment"
done

check "rm" sfc dev rm web mine next tar tar2 a1 a2 v1
check_equal "nothing is left mounted" "$(grep -c "$SFC_STATE" /proc/self/mountinfo)" 0
finish
