#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A plain user slims, runs, verifies, develops, tests and packs, and files keep the owners that they have inside.
# shellcheck disable=SC2016,SC2317 # words of a program inside; functions called by others
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/stage.sh"
. "$srcdir/tests/user.sh"
requires crun --version
requires command -v squashfuse_ll
requires sqlite3 --version
requires command -v unsquashfs

by() { as_user sfc "$@"; }
# A root with owners of its own, as an archive, as a directory of the user's and as one of the machine's root.
busybox_root "$dir/made" sh cat ls stat touch id grep rm mkdir httpd nc sleep wget
mkdir -p "$dir/made/var/www" "$dir/made/srv"
echo page >"$dir/made/var/www/index.html"
echo other >"$dir/made/srv/other"
chown -R 33:33 "$dir/made/var/www"
tar -C "$dir/made" -cf "$home/root.tar" .
cp -r "$dir/made" "$home/root"
chown -R "$user:" "$home"
squash "$dir/made" "$home/web2.sqsh"
chown "$user:" "$home/web2.sqsh"
own_state=$home/.local/share/sfc

# --- slim, run, verify ---
check_equal "slim of an archive, with probe and verify" "$(by slim -q -o web.sfc --root root.tar --network none --ready tcp:80 \
	--probe 'wget -q -O - http://127.0.0.1/' -- httpd -f -p 80 -h /var/www 2>&1 | cut -c1-7)" sha256:
check_equal "owners inside are kept" "$(unsquashfs -lln "$home/web.sfc" | sed -n 's/^[^ ]* \([0-9/]*\) .*rootfs\/var\/www\/index.html$/\1/p')" 33/33
check_equal "what belongs to www does so when it runs" "$(by run web.sfc -- busybox stat -c %u:%g /var/www/index.html)" 33:33
check_equal "who is www there writes what is his" \
	"$(by run --user 33:33 web.sfc -- busybox sh -c 'echo new >/var/www/index.html; busybox cat /var/www/index.html')" new
check_equal "and nothing of root's" "$(by run --user 33:33 web.sfc -- busybox sh -c 'echo x >/etc/x' 2>&1)" \
	"sh: can't create /etc/x: Permission denied"
check "verify compares it with where it comes from" by verify -q web.sfc --root root.tar --network none --ready tcp:80 \
	--probe 'wget -q -O - http://127.0.0.1/'
check_equal "slim of a directory of the user's" "$(by slim -q -o d.sfc --root root -- stat -c %u:%g /etc/passwd 2>&1 | cut -c1-7)" sha256:
check_equal "in which he is root" "$(by run d.sfc)" 0:0
check_equal "slim of what belongs to others, --keep-manifest" "$(by slim -q -o o.sfc --keep-manifest o.db --root "$dir/made" \
	-- stat -c %u:%g /etc/passwd /var/www/index.html 2>&1 | cut -c1-7)" sha256:
check_equal "its owners are the true ones in the package" "$(by run o.sfc)" "0:0
33:33"
check_equal "and in the manifest" "$(sqlite3 "$home/o.db" "SELECT uid, gid FROM entry WHERE path = '/var/www/index.html'")" "33|33"
check "it is compared with that as well" by verify -q o.sfc --root "$dir/made"
chmod 700 "$dir/made/srv"
check_equal "what he may not read there he may not" \
	"$(by slim -q -o c.sfc --root "$dir/made" -- sh -c 'cat /srv/other; true' 2>&1 | sed 's/^sha256:.*/done/' | sort)" "done
sfc: slim: warning: '/srv' may not be listed by this user; no margin takes along what is in it
sfc: slim: warning: 1 directory of the source could not be listed: what they hold is not in the catalog"
check "nor is it packed" test -z "$(unsquashfs -l "$home/c.sfc" | grep other)"
check_fails "a gate" 3 "*" by slim -q -o g.sfc --max-size 1k --root root -- cat /etc/passwd
check_fails "a command that fails" 4 "*" by slim -q -o f.sfc --root root -- cat /none
check_fails "one that is not there" 127 "sfc: run: 'none' not found in the root's PATH" by run d.sfc -- none

# --- killed ---
nothing_runs() { ! ps -u "$uid" -o stat= | grep -qv '^Z'; }
sleeps() { ps -u "$uid" -o args= | grep -qx 'sleep 1000'; }
for killed in "run web2.sqsh" "slim -q -o k.sfc --root root" "slim -q -o k.sfc --root $dir/made"; do
	# shellcheck disable=SC2086 # words
	by $killed -- sleep 1000 >"$dir/ignored" 2>&1 &
	check "it runs: $killed" wait_for 30 sleeps
	kill -9 "$(user_first "sfc ${killed%% *} .*")"
	wait
	check "killed with -9 nothing of it runs on" wait_for 20 nothing_runs
done
check_equal "the next one takes away what was left" \
	"$(by slim -q -f -o k.sfc --root root -- stat /etc/passwd >"$dir/ignored" 2>&1; ls "$own_state/scratch")" ""

# --- dev ---
check_equal "dev create" "$(by dev create web --from root.tar -q)" web
check_equal "a base on disk has the numbers of his range" "$(stat -c %u:%g "$own_state"/base/root.tar-*/tree/var/www/index.html)" \
	"$((range + 32)):$((range + 32))"
by dev exec web -- sh -c 'rm /srv/other; mkdir -p /srv/x; echo a >/srv/x/a; echo more >>/var/www/index.html'
check_equal "dev diff" "$(by dev diff web | grep -v resolv.conf | grep -v hosts)" "D /srv/other
A /srv/x
A /srv/x/a
M /var/www/index.html"
check_equal "a second command in it sees the first's" "$(by dev exec web -- sh -c 'cat /srv/x/a; stat -c %u /var/www/index.html')" "a
33"
by dev exec web -- sleep 30 &
visiting() { ps -u "$uid" -o args= | grep -qx 'sleep 30'; }
check "while one is in it" wait_for 20 visiting
by dev exec web -- touch /srv/x/b
check_equal "another is in the same" "$(by dev exec web -- ls /srv/x)" "a
b"
kill "$(user_first 'sfc dev exec web -- sleep 30')"
wait
check "dev commit" by dev commit web v1
by dev exec web -- sh -c 'rm -r /srv/x; mkdir /srv/x; echo b >/srv/x/b'
check_equal "a directory that was replaced hides the one below" "$(by dev exec web -- ls /srv/x)" b
check "dev reset" by dev reset web
check_equal "takes it back" "$(by dev exec web -- ls /srv/x)" "a
b"
check_equal "dev list" "$(by dev list | sed -n 's/^[^ ]* *\(dev\|base\) .*/\1/p' | paste -sd' ')" "dev base base"

check_fails "what he may not read is no base of his" 1 "sfc: dev: tar cannot read '*': tar: ./srv: Cannot open: Permission denied" \
	by dev create others --from "$dir/made" -q
chmod 755 "$dir/made/srv"
check "dev create of what belongs to others" by dev create others --from "$dir/made" -q
check_equal "owners are kept from there, too" "$(by dev exec others -- stat -c %u:%g /etc/passwd /var/www)" "0:0
33:33"
mknod "$dir/made/dev/sda" b 8 0
tar -C "$dir/made" -cf "$home/device.tar" .
rm "$dir/made/dev/sda"
check_equal "a device node is left out, with one warning" "$(by dev create device --from device.tar -q 2>&1)" \
	"sfc: dev: warning: 1 device node was left out: only root may make them
device"
check "dev rm" by dev rm others device

# --- test, pack ---
check "test" by test -q web --label page -- cat /var/www/index.html
check "test start" by test start -q web --label up --network none --ready tcp:80 -- httpd -f -p 80 -h /var/www
check_equal "test exec, in there" "$(by test exec web -- wget -q -O - http://127.0.0.1/)" "page
more"
check_fails "it is in use meanwhile" 125 "*under test already*" by test -q web -- true
check "test stop" by test stop -q web
check_equal "test report" "$(by test report web | sed -n 's/^\(page\|up\) .*/\1/p' | paste -sd' ')" "page up"
check_fails "what only root can" 1 "sfc: test: *only root may mount*" by test mount web
check "pack" by pack -q web -o packed.sfc
check_equal "what was packed runs" "$(by run packed.sfc -- busybox cat /var/www/index.html)" "page
more"
check "as an image" by pack -q web -o oci-archive:packed.tar:packed:1
check "export" by export packed.sfc --to docker -o docker.tar
check "in which www has its number" test "$(tar -xOf "$home/docker.tar" manifest.json | grep -c Layers)" = 1
check_equal "status" "$(by status | sed -n 's/^web *\([a-z]*\) .*/\1/p' | paste -sd' ')" "dev test"
check "test rm" by test rm web
check "dev rm" by dev rm web v1

# --- without a range ---
accounts usermod --del-subuids "$range-$((range + 65535))" "$user"
said_alone() { grep -c "^sfc: run: warning: only you exist inside: no range in /etc/subuid" "$dir/said"; }
check_equal "a package of his alone runs" "$(by run d.sfc 2>"$dir/said")" 0:0
check_equal "it is said in one line" "$(said_alone) $(wc -l <"$dir/said")" "1 1"
check_equal "slim, too" "$(by slim -q -f -o d.sfc --root root -- stat -c %u:%g /etc/passwd 2>"$dir/said" | cut -c1-7)" sha256:
tar -C "$dir/made" -cf "$home/alone.tar" ./etc ./bin ./var ./proc ./sys ./dev ./tmp
check_equal "what belongs to others is his then" \
	"$(by dev create alone --from alone.tar -q 2>"$dir/said" && by dev exec alone -- stat -c %u:%g /var/www 2>/dev/null)" "alone
0:0"
check "dev rm" by dev rm alone

# --- nothing is left ---
check "nothing runs on" wait_for 20 nothing_runs
check "nothing is mounted" test -z "$(grep -F " $home" /proc/mounts)"
check_equal "nor of it is there" "$(find "$own_state/scratch" "$own_state/mounts" -mindepth 1 | head -n 5)" ""
check "others see nothing of it" test "$(stat -c %a "$own_state")" = 700
finish
