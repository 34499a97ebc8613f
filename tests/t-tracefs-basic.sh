#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Mount, use, unmount, ask the manifest; both shapes, in the foreground and not, by mount(8), as a
# plain user; what is said to a running mount; and everything that must be refused.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
requires root
requires fuse
requires sqlite3 --version

ask() {
	sqlite3 -readonly m.db "$1"
}

# mounts: how many there are below this directory.
mounts() {
	grep -c " $dir/" /proc/self/mountinfo
}

nothing_left() {
	check_equal "$1: nothing is left mounted" "$(mounts)" 0
}

mkdir -p src/sub mnt
echo hello >src/file
ln -s file src/link
echo deep >src/sub/deep

# The finished root: an overlay, the source below it untouched.
check "a mount with scratch= stands when tracefs returns, and who reads its output need not wait for its end" \
	timeout 60 sh -c 'tracefs -o "manifest=m.db,label=one,scratch=$1" src mnt 2>&1 | cat && mountpoint -q mnt' sh "$dir/scratch"
check_equal "files can be read, through links too" "$(cat mnt/link mnt/sub/deep)" "hello
deep"
cat mnt/missing 2>/dev/null
echo new >mnt/new
echo more >>mnt/file
check "status answers" sh -c "tracefs --status mnt | grep -q 'label *one'"
if jq --version >/dev/null 2>&1; then
	check_equal "status --json is JSON" "$(tracefs --status --json mnt | jq -r .label)" one
fi
check "flush returns when all is written" tracefs --flush mnt
check_equal "what was done is in the manifest while the mount stands" \
	"$(ask "SELECT count FROM accesses WHERE path = '/sub/deep' AND op = 'open' AND exe LIKE '%/cat'")" 1
check "another session can begin without unmounting" tracefs --mark "two, 'three'" mnt
cat mnt/sub/deep >/dev/null
check "unmount returns when the session is whole" tracefs --unmount mnt
nothing_left "scratch="
check_equal "both sessions are complete and nothing was lost" \
	"$(ask "SELECT label, state, dropped FROM session")" "one|complete|0
two, 'three'|complete|0"
check_equal "the second has what was done in it, and only that" \
	"$(ask "SELECT path, op, count FROM accesses WHERE label LIKE 'two%' AND op = 'open'")" "/sub/deep|open|1"
check_equal "what was missing is known" "$(ask "SELECT path FROM accesses WHERE errno = 2 AND label = 'one' ORDER BY path")" "/missing
/new"
check_equal "what was found is described" \
	"$(ask "SELECT kind, size, target, origin FROM entry WHERE path = '/link'")" "link|4|file|source"
check_equal "the catalog lists the source" "$(ask "SELECT group_concat(path, ' ') FROM (SELECT path FROM catalog ORDER BY path)")" \
	"/ /file /link /sub /sub/deep"
check_equal "the source was not written" "$(cat src/file; ls src)" "hello
file
link
sub"
check_equal "what was written is in the scratch directory" "$(cat scratch/upper/new)" new

# A plain mount, in the foreground, ended by a signal.
rm -f m.db
tracefs -f -o manifest=m.db,catalog=no src mnt 2>said &
pid=$!
wait_for 10 mountpoint -q mnt
echo written >mnt/written
mv mnt/written mnt/moved
kill -TERM $pid
wait $pid
check_equal "a signal ends it with status 0" "$?" 0
check "it says what it came to" grep -q '^tracefs: [0-9,]* accesses to [0-9,]* files, [0-9,]* looked up in vain, 0 lost$' said
nothing_left "SIGTERM"
check_equal "a plain mount writes to the source" "$(cat src/moved)" written
check_equal "what the run made is marked as such" "$(ask "SELECT origin FROM entry WHERE path = '/written'")" created
rm src/moved

# mode=first, ignore=, log=events, tmpfs, and a kill.
rm -f m.db
tracefs -o 'manifest=m.db,mode=first,scratch=tmpfs,ignore=/sub/**,log=events,catalog=no' src mnt
cat mnt/file mnt/file mnt/sub/deep >/dev/null
stat mnt/file mnt/file >/dev/null
tracefs --unmount mnt
check_equal "mode=first says so" "$(ask "SELECT mode, exact FROM session")" "first|0"
check_equal "an ignored path is not there" "$(ask "SELECT count(*) FROM entry WHERE path LIKE '/sub/%'")" 0
opens="SELECT count(*) FROM event JOIN entry ON entry.id = entry WHERE path = '/file' AND op = 'open'"
seen=$(ask "$opens")
check "mode=first: opens are seen once where the kernel can do without, else each" test "$seen" -ge 1 -a "$seen" -le 2
rm -f m.db
tracefs -o 'manifest=m.db,scratch=tmpfs,log=events,catalog=no' src mnt
cat mnt/file mnt/file >/dev/null
tracefs --unmount mnt
check_equal "log=events keeps each call" "$(ask "$opens")" 2
tracefs -f -o manifest=m.db,label=killed,scratch=tmpfs,catalog=no src mnt 2>said &
pid=$!
wait_for 10 mountpoint -q mnt
kill -KILL $pid
wait $pid 2>/dev/null
wait_for 10 sh -c "! grep -q ' $dir/mnt ' /proc/self/mountinfo"
nothing_left "SIGKILL"
wait_for 10 grep -q interrupted said
check_equal "the session of a killed tracefs is marked" "$(ask "SELECT state FROM session WHERE label = 'killed'")" interrupted

# mount(8), which wants its helper where it looks for it.
mkdir -p helper
ln -s "$builddir/fs/tracefs" helper/mount.fuse.tracefs
check "as mount(8) calls its helper" helper/mount.fuse.tracefs src mnt -n -o "rw,manifest=m.db,label=helper,noauto,x-systemd.automount"
check_equal "the type says what it is" "$(findmnt -n -o FSTYPE mnt)" fuse.tracefs
check "and umount(8) ends it" umount mnt
wait_for 10 sh -c "[ \$(sqlite3 -readonly m.db \"SELECT count(*) FROM session WHERE state = 'open'\") = 0 ]"

# A plain user, with fusermount3 and in a user namespace.
if fusermount3 --version >/dev/null 2>&1; then
	mkdir -p user/src user/mnt
	echo mine >user/src/file
	mknod device c 10 229
	chmod 666 device
	chmod 755 .
	chown -R 65534:65534 user
	unshare -m sh -c "mount --bind '$dir/device' /dev/fuse && cd user &&
		setpriv --reuid 65534 --regid 65534 --clear-groups sh -c '
		tracefs -o manifest=u.db src mnt && cat mnt/file && tracefs --unmount mnt
		unshare -Urm sh -c \"tracefs -o manifest=u.db,scratch=tmpfs src mnt && cat mnt/file && tracefs --unmount mnt\"'" >user.out 2>user.err
	check_equal "a plain user can trace, alone and in a user namespace" "$(cat user.out)" "mine
mine"
	check_equal "and has whole sessions" "$(sqlite3 user/u.db "SELECT group_concat(state) FROM session")" "complete,complete"
fi

# What must be refused: one line, nothing left.
rm -f m.db
mkdir busy
mount -t tmpfs none busy
echo no >garbage
cp garbage src/inside
tracefs -o manifest=ok.db,catalog=no src mnt && tracefs --unmount mnt 2>/dev/null
sqlite3 ok.db 'PRAGMA user_version = 99'
check_fails "no arguments" 2 '*SOURCE and MOUNTPOINT are needed*' tracefs
check_fails "an unknown option" 2 "*unknown option 'nonsense'*" tracefs -o nonsense src mnt
check_fails "a source that is not there" 1 '*nowhere*No such file*' tracefs -o manifest=m.db nowhere mnt
check_fails "a source that is a file" 1 '*not a directory*' tracefs -o manifest=m.db src/file mnt
check_fails "a mount point that is not there" 1 '*nowhere*No such file*' tracefs -o manifest=m.db src nowhere
check_fails "a mount point that is a file" 1 '*not a directory*' tracefs -o manifest=m.db src src/file
check_fails "a busy mount point" 1 '*mount point of tmpfs already*' tracefs -o manifest=m.db src busy
check_fails "no manifest" 1 '*say -o manifest=FILE*' tracefs src mnt
check_fails "a manifest inside the source" 1 '*inside the traced tree*' tracefs -o manifest=src/m.db src mnt
check_fails "a manifest below the mount point" 1 '*below the mount point*' tracefs -o manifest=mnt/m.db src mnt
check_fails "a manifest that is none" 1 '*garbage*not a manifest*' tracefs -o manifest=garbage src mnt
check_fails "a manifest that cannot be written" 1 '*' tracefs -o manifest=/proc/m.db src mnt
check_fails "a manifest that is newer" 1 '*newer*' tracefs -o manifest=ok.db src mnt
check_fails "a scratch that is a file" 1 '*not a directory*' tracefs -o manifest=m.db,scratch=garbage src mnt
check_fails "no /dev/fuse" 1 '*no /dev/fuse*' unshare -m sh -c 'mount -t tmpfs none /dev && exec tracefs -o manifest=m.db src mnt'
check_fails "no mount to speak to" 1 '*not a mount that a tracefs of yours serves*' tracefs --status mnt
if setpriv --reuid 65534 --clear-groups true 2>/dev/null; then
	chmod 777 .
	check_fails "scratch= as a plain user" 1 '*unshare -Urm*' \
		setpriv --reuid 65534 --clear-groups tracefs -o manifest=m.db,scratch=tmpfs src mnt
fi
# The one who goes without io_uring is told why. The setting is the whole machine's, for a moment.
disabled=/proc/sys/kernel/io_uring_disabled
if [ -w $disabled ]; then
	on_exit sh -c "echo $(cat $disabled) >$disabled"
	before=$(cat $disabled)
	echo 2 >$disabled
	check_fails "io_uring that is switched off" 1 '*io_uring is switched off here: kernel.io_uring_disabled is 2' \
		tracefs -o manifest=m.db,transport=uring src mnt
	tracefs -o manifest=off.db,label=off src mnt
	check_equal "without it tracefs goes by /dev/fuse" "$(tracefs --status mnt | grep '^transport')" 'transport    dev'
	tracefs --unmount mnt 2>/dev/null
	echo "$before" >$disabled
fi
check_equal "a manifest that was garbage still is" "$(cat garbage)" no
check "no manifest was made for a mount that did not come" [ ! -e m.db ]
umount busy
nothing_left "refused"
finish
