#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A plain user traces all of this machine: in a user namespace that maps root and a range of others, into
# which tracefs mounts from outside, and in one of its own that maps root alone.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires sqlite3 --version
requires command -v newuidmap
unshare -Um true 2>refused || skip "no user namespaces here"

# A user of our own, whom nobody else sees, with numbers that nobody else has; and a /dev/fuse for all.
uid=54321 range=2000000
chmod 755 "$dir"
mkdir etc home home/mnt home/mnt2 home/scratch
for file in passwd group subuid subgid; do
	[ -e /etc/$file ] || touch /etc/$file
	cp /etc/$file etc/
done
echo "tracer:x:$uid:$uid::$dir/home:/bin/sh" >>etc/passwd
echo "tracer:x:$uid:" >>etc/group
echo "tracer:$range:65536" | tee -a etc/subuid >>etc/subgid
for file in passwd group subuid subgid; do
	mount --bind etc/$file /etc/$file && on_exit umount -l /etc/$file
done
mknod fuse c 10 229 && chmod 666 fuse
mount --bind fuse /dev/fuse && on_exit umount -l /dev/fuse
chown -R $uid:$uid home

# What he traces, besides all else that is here: whose it is, whether he may read it, what is mounted there.
mkdir -p tree/closed tree/disk tree/base/below
echo secret >tree/secret
echo listed >tree/closed/file
echo plain >tree/plain
chmod 600 tree/secret
chmod 700 tree/closed
chown 33:42 tree/plain
truncate -s 8M disk.img
mkfs.ext4 -q disk.img && mount -o loop disk.img tree/disk && on_exit umount -l "$dir/tree/disk"
echo mounted >tree/disk/file
chown 7:7 tree/disk/file
chown -R $uid:$uid tree/base

as() {
	setpriv --reuid $uid --regid $uid --clear-groups env HOME="$dir/home" XDG_RUNTIME_DIR= "$@"
}

# keeper: a process in a user and mount namespace of the user's, with the range of numbers.
setpriv --reuid $uid --regid $uid --clear-groups unshare -Um --propagation private sleep 1000 &
keeper=$!
on_exit sh -c "kill $keeper 2>/dev/null"
# shellcheck disable=SC2317 # wait_for calls it
other_namespace() { [ "$(readlink "/proc/$keeper/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ] && [ "$(cat "/proc/$keeper/comm")" = sleep ]; }
wait_for 30 other_namespace
check "the namespace gets its numbers" as newuidmap $keeper 0 $uid 1 1 $range 65536
check "of groups too" as newgidmap $keeper 0 $uid 1 1 $range 65536

inside() {
	as nsenter --preserve-credentials -t $keeper -U -m setpriv --reuid 0 --regid 0 --clear-groups "$@"
}

# at SCRATCH [MODE]: what is looked at, in both kinds of scratch.
at() {
	mode=${2:-every}
	rm -rf home/m.db* said
	mkdir -p tree/base/below && chown -R $uid:$uid tree/base
	as tracefs -o "manifest=$dir/home/m.db,mode=$mode,scratch=$1,namespace=$keeper" / "$dir/home/mnt" 2>"$dir/said" ||
		fail "tracefs: $(cat said)"
	cat >home/go <<-SH
		t=$dir/home/mnt$dir/tree
		stat -c '%u %g' \$t/plain \$t/disk/file \$t/secret
		cat \$t/plain \$t/disk/file
		cat \$t/secret 2>&1 | sed 's/.*: //'
		ls \$t/closed 2>&1 | sed 's/.*: //'
		[ -e $dir/home/mnt/proc/self ] || echo no proc
		rm -r \$t/base && mkdir \$t/base && ls \$t/base
		echo new >\$t/new && chown 33:42 \$t/new && stat -c '%u %g' \$t/new
		tracefs --status $dir/home/mnt >/dev/null || echo no status
	SH
	check_equal "$mode, ${1##*/}: owners are the true ones, mounts are there, and what the user may not read he may not" \
		"$(inside sh "$dir/home/go" 2>&1)" "33 42
7 7
0 0
plain
mounted
Permission denied
Permission denied
no proc
33 42"
	check_equal "$mode, ${1##*/}: nobody outside sees the mount" "$(ls home/mnt)" ""
	check "$mode, ${1##*/}: it is unmounted in there" inside umount "$dir/home/mnt"
	wait_for 60 ended_whole || fail "the session does not end"
	check_equal "$mode, ${1##*/}: the session is whole" "$(user_query "SELECT state, dropped FROM session")" "complete|0"
	check_equal "$mode, ${1##*/}: the manifest has the true owners" \
		"$(user_query "SELECT uid || ' ' || gid FROM entry WHERE path IN ('$dir/tree/plain', '$dir/tree/disk/file') ORDER BY path")" "7 7
33 42"
	check_equal "$mode, ${1##*/}: and says what he could not read" \
		"$(user_query "SELECT DISTINCT path FROM accesses WHERE errno IN (1, 13) AND path LIKE '$dir/tree/%' ORDER BY path")" \
		"$dir/tree/closed
$dir/tree/secret"
	check_equal "$mode, ${1##*/}: so does tracefs at the end" \
		"$(grep -c "not readable by this user: .*$dir/tree/secret" said)" 1
	check_equal "$mode, ${1##*/}: the source is as it was" "$(ls tree tree/base | paste -sd' ')" \
		"tree: base closed disk plain secret  tree/base: below"
}

user_query() {
	sqlite3 -readonly -cmd '.timeout 10000' home/m.db "$1"
}

ended_whole() {
	[ "$(user_query "SELECT count(*) FROM session WHERE state = 'open'")" = 0 ] && grep -q accesses said
}

at tmpfs first
at tmpfs
at "$dir/home/scratch"
check_equal "what was written belongs to the user's numbers" \
	"$(stat -c '%u %g' "home/scratch/upper$dir/tree/new")" "$((range + 32)) $((range + 41))"

# The daemon is killed: who watches it unmounts in there.
as tracefs -o "manifest=$dir/home/k.db,catalog=no,scratch=tmpfs,namespace=$keeper" / "$dir/home/mnt" 2>said
kill -9 "$(sqlite3 -readonly home/k.db 'SELECT pid FROM session')"
gone() { ! grep -q "$dir/home/mnt" /proc/$keeper/mountinfo; }
check "killed: it is unmounted in the namespace" wait_for 30 gone
interrupted() { [ "$(sqlite3 -readonly home/k.db 'SELECT state FROM session')" = interrupted ]; }
check "killed: and its session is interrupted" wait_for 30 interrupted

# The namespace ends.
as tracefs -o "manifest=$dir/home/e.db,catalog=no,scratch=tmpfs,namespace=$keeper" / "$dir/home/mnt" 2>said
inside cat "$dir/home/mnt$dir/tree/plain" >read
kill $keeper
complete() { [ "$(sqlite3 -readonly home/e.db 'SELECT state, dropped FROM session')" = 'complete|0' ]; }
check "the process is gone: the session ends, whole" wait_for 60 complete
check_fails "a process that is gone has no namespace" 1 "*namespace=$keeper: no such process*" \
	as tracefs -o "manifest=$dir/home/n.db,namespace=$keeper" / "$dir/home/mnt"
check_fails "nor is another's ours" 1 "*namespace=1: cannot open*" \
	as tracefs -o "manifest=$dir/home/n.db,namespace=1" / "$dir/home/mnt"

# Started inside, tracefs cannot tell who is not mapped, and does not say that it is nobody.
as mkdir -p home/own/base/below
cat >home/go <<-SH
	cd $dir/home
	tracefs -o manifest=in.db,catalog=no,scratch=tmpfs / mnt2 2>said || exit
	cat mnt2$dir/tree/plain mnt2$dir/tree/disk/file
	tracefs --unmount mnt2 2>said
	tracefs -o manifest=own.db,catalog=no,scratch=tmpfs own mnt2 2>said || exit
	rm -r mnt2/base && mkdir mnt2/base && ls mnt2/base
	tracefs --unmount mnt2 2>said
SH
check_equal "a namespace of root alone: mounts are there, a directory can be replaced" \
	"$(as unshare -Urm --propagation private sh "$dir/home/go" 2>&1)" "plain
mounted"
check_equal "the manifest has no owner for who is not mapped" \
	"$(sqlite3 -readonly home/in.db "SELECT ifnull(uid, '?') || ' ' || ifnull(gid, '?') FROM entry WHERE path = '$dir/tree/plain'")" "? ?"
check_equal "tracepack shows it so" \
	"$(tracepack ls home/in.db -l 2>/dev/null | grep -c "? *? .*$dir/tree/plain")" 1
check_equal "and says so as JSON" \
	"$(tracepack ls home/in.db --json 2>/dev/null | jq -c ".[]? // . | select(.path == \"$dir/tree/plain\") | [.uid, .gid]" | head -n 1)" "[null,null]"
finish
