#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tracefs SOURCE -- COMMAND: status, signals, users, mounts, what is left behind, and what is recorded.
# shellcheck disable=SC2016,SC2317 # what is in single quotes is for the shells inside, and functions are called by name
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires sqlite3 --version

chmod 755 .

# run [OPTION…] SOURCE -- COMMAND…: into $manifest, without a catalog.
run() {
	tracefs -o "manifest=$manifest,catalog=no" "$@"
}

# one_file CLAIM: the manifest is whole, with nothing beside it.
one_file() {
	check_equal "$1: the manifest is one file" "$(echo "$manifest"*)" "$manifest"
	session_whole "$1: the session is whole"
}

# executed NAME: it was, in the newest session, as far as that is written.
executed() {
	[ "$(query "SELECT count(*) FROM accesses WHERE path LIKE '%/$1' AND op = 'exec' AND errno = 0
		AND uuid = (SELECT uuid FROM session ORDER BY id DESC LIMIT 1)")" -gt 0 ]
}

# The root of this machine, in one line.
before=$(grep -c fuse.tracefs /proc/self/mountinfo)
echo secret >seen
check_equal "it runs, with what it is given" \
	"$(echo in | run / -- sh -c 'cat; cat seen; echo "$1"' sh 'a b' 2>said)" 'in
secret
a b'
one_file "at its end"
check_equal "what it used is recorded, and by whom" \
	"$(query "SELECT count(*) FROM accesses WHERE path = '$dir/seen' AND op = 'open' AND comm = 'cat'")" 1
check_equal "the words, the directory and the user are in the session" \
	"$(query "SELECT json_extract(command, '\$[0]', '\$[4]'), cwd, uid, gid FROM session")" "[\"sh\",\"a b\"]|$dir|0|0"
check_equal "nothing is mounted here" "$(grep -c fuse.tracefs /proc/self/mountinfo)" "$before"
check "and one line is said about it" test "$(wc -l <said)" = 1

# Exit status: its own, or env(1)'s.
status() {
	run / -- "$@" >out 2>said </dev/null
	echo $?
}
check_equal "its status is ours" "$(status sh -c 'exit 7')" 7
check_equal "so is that of a signal" "$(status sh -c 'kill -KILL $$')" 137
check_equal "127: there is no such command" "$(status nonesuch)" 127
check "which is said" grep -q '^tracefs: cannot run nonesuch: No such file' said
check_equal "126: it cannot be executed" "$(status /etc/passwd)" 126
check_fails "125: what we were asked is wrong" 125 "*unknown option 'nonesuch'*" tracefs -o nonesuch / -- true
check_fails "125: there is no source" 125 "*source /nonesuch*" run /nonesuch -- true
check_fails "125: without a command" 125 "*COMMAND is needed*" run / --
check_fails "125: a manifest inside of what is traced" 125 "*inside the traced tree*" \
	tracefs -o "manifest=$dir/m2.db" "$dir" -- true
check_fails "2: what is only for commands" 2 "*for SOURCE -- COMMAND*" run -u nobody / "$dir"
check_fails "125: two wishes that contradict each other" 125 "*contradict*" run -o pid1,nopid1 / -- true
check_equal "-- before both words only ends the options" \
	"$(tracefs -o manifest=x -- /nonesuch /mnt 2>&1)" "tracefs: source /nonesuch: No such file or directory"

# Signals: every one that can be handled, but for faults.
cat >catcher <<'SH'
for n in $SIGNALS; do
	# shellcheck disable=SC2064 # now
	trap "echo $n >>caught" "$n"
done
echo >ready
until [ -e enough ]; do sleep 0.05; done
SH
SIGNALS="1 2 3 10 12 13 14 15 18 20 23 24 25 26 27 28 29 30 34 40 64"
export SIGNALS
for shape in nopid1 pid1; do
	rm -f ready caught enough
	env --default-signal=INT,QUIT tracefs -o "manifest=$manifest,catalog=no,$shape" / -- sh catcher 2>said &
	pid=$!
	wait_for 20 test -e ready
	for n in $SIGNALS; do
		kill -"$n" $pid || break
		wait_for 10 sh -c 'tail -n 1 caught | grep -qx "$1"' sh "$n"
	done
	touch enough
	wait $pid
	check_equal "$shape: each signal goes on, once" "$(paste -sd' ' caught)" "$SIGNALS"
	one_file "$shape: signals"
done
cp /bin/sleep lingering
tracefs -o "manifest=$manifest,catalog=no" / -- ./lingering 1000 2>said &
pid=$!
wait_for 20 executed lingering
kill -TERM $pid
wait $pid
check_equal "one that ends a program ends it, first of its pids though it stands below one" $? 143
one_file "after a signal"

# From a terminal the command has it already.
if script --version >said 2>&1; then
	cat >interrupted <<-'SH'
		trap 'echo interrupted >>caught' INT
		echo >ready
		for n in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; done
	SH
	rm -f caught ready
	(wait_for 20 test -e ready; printf '\003'; sleep 1) |
		script -qec "tracefs -o manifest=$manifest,catalog=no / -- sh interrupted" typescript >said 2>&1
	check_equal "an interrupt from the terminal comes once" "$(cat caught)" interrupted
else
	echo "left out: no script(1)"
fi

# Orphans are buried, and nobody outlives it.
check_equal "orphans are buried" "$(run / -- sh -c 'sh -c "sleep 0.1 & exec true"; sleep 0.5; grep -l "^State:.Z" /proc/[0-9]*/status' 2>said)" ""
run / -- sh -c 'setsid sleep 1234.5 & sleep 0.2' >out 2>said
check_equal "who was left in the background is gone" "$(grep -slax 'sleep.1234.5.' /proc/[0-9]*/cmdline)" ""
one_file "with a background"

# Killed: the command dies with it, the session is interrupted, its rows are there.
cp /bin/sleep lingered
tracefs -o "manifest=$manifest,catalog=no,flush_ms=50" / -- sh -c 'cat seen; exec ./lingered 1234.6' >out 2>said &
pid=$!
wait_for 20 executed lingered
kill -KILL $pid
wait $pid 2>said
check "killed, it takes the command along" wait_for 10 sh -c "! grep -slax '..lingered.1234.6.' /proc/[0-9]*/cmdline"
killed=$(query "SELECT max(id) FROM session")
check "with its rows" test "$(query "SELECT count(*) FROM access WHERE session = (SELECT max(id) FROM session)")" -gt 10

# Users and groups are those of the root.
mkdir -p root/etc root/bin
cp /bin/busybox root/bin/busybox
for name in sh id env cat ls mkdir touch sleep readlink; do ln -s busybox root/bin/$name; done
cat >root/etc/passwd <<'END'
root:x:0:0::/root:/bin/sh
app:x:1234:2345::/srv/app:/bin/sh
END
cat >root/etc/group <<'END'
app:x:2345:
disk:x:66:app,root
web:x:77:app
other:x:88:root
END
as() {
	user=$1
	shift
	HOME=/root run -o scratch=tmpfs -u "$user" root -- "$@" 2>said
}
ids='echo $(id -u) $(id -g) $(id -G) $HOME'
check_equal "a name has its groups and its home" "$(as app sh -c "$ids")" "1234 2345 2345 66 77 /srv/app"
check_equal "its number too" "$(as 1234 sh -c "$ids")" "1234 2345 2345 66 77 /srv/app"
check_equal "a group that is given is the only one" "$(as app:web sh -c "$ids")" "1234 77 77 /srv/app"
check_equal "several may be given" "$(as app:88,web,99 sh -c "$ids")" "1234 88 88 77 99 /srv/app"
check_equal "a number nobody has is of group 0" "$(as 4321 sh -c "$ids")" "4321 0 0 /"
check_equal "another HOME is left" "$(HOME=/x run -o scratch=tmpfs -u app root -- sh -c 'echo $HOME' 2>said)" /x
check_equal "the session of who was killed is interrupted" "$(query "SELECT state FROM session WHERE id = $killed")" interrupted
check_equal "a session says who" "$(query "SELECT uid, gid FROM session ORDER BY id DESC LIMIT 1")" "1234|2345"
as_loud() { run -u "$1" root -- true; }
check_fails "there is no such user" 125 "*-u nobody: the root's /etc/passwd has no such user" as_loud nobody
check_fails "there is no such group" 125 "*-u …:x: the root's /etc/group has no such group" as_loud app:x
mkfifo root/fifo
rm root/etc/group
ln -s ../fifo root/etc/group
check_equal "a FIFO in its place is not waited for" "$(as app sh -c 'echo ran')" ran
check_equal "the lookups for it are not the command's" \
	"$(query "SELECT DISTINCT op, exe, comm FROM accesses WHERE path = '/etc/passwd' AND comm LIKE 'tracefs%'
		AND uuid = (SELECT uuid FROM session ORDER BY id DESC LIMIT 1)")" ""

# What is mounted: a new /proc, the machine's /sys and /dev, and mounts below the source; all untraced.
mkdir -p root/data
echo volume >volume
touch root/file
mount --bind volume root/file && on_exit umount "$dir/root/file"
mount -t tmpfs tmpfs root/data && on_exit umount "$dir/root/data"
echo data >root/data/x
got=$(run -o scratch=tmpfs root -- sh -c 'echo $$; cat /file /data/x; ls -d /proc/1/root /dev/null /sys/kernel; echo new >/data/y; echo new >/z' 2>said)
check_equal "in a bare root: pids of its own, what is mounted below, places that were missing" "$got" "2
volume
data
/dev/null
/proc/1/root
/sys/kernel"
check_equal "a mount is written to, and the root is not" "$(cat root/data/y; ls root)" "new
bin
data
etc
fifo
file"
check_equal "what is below a mount is not recorded" \
	"$(query "SELECT count(*) FROM entry WHERE path LIKE '/data/%' OR path LIKE '/proc/%' OR path LIKE '/dev/%'")" 0
run root -- sh -c 'ls /proc 2>&1; true' >out 2>said
check "without scratch what has no place is left out, and said" grep -q 'the root has no /proc' said
check_equal "and no place is made" "$(ls -d root/proc root/dev 2>said)" ""
check_equal "writes go to the source then" "$(run root -- sh -c 'echo w >/w' 2>said; cat root/w)" w
rm root/w
check_equal "the directory we are in goes along, as far as it is inside" \
	"$(cd root/etc && run -o scratch=tmpfs .. -- readlink /proc/self/cwd 2>"$dir/said")" /etc
check_equal "pid1: it is the first process" "$(run -o scratch=tmpfs,pid1 root -- sh -c 'echo $$' 2>said)" 1
printf '#!/bin/sh\necho $$\n' >root/init
chmod 755 root/init
check_equal "as whoever insists on it is" "$(run -o scratch=tmpfs root -- /init 2>said)" 1
check_equal "unless it must not be" "$(run -o scratch=tmpfs,nopid1 root -- /init 2>said)" 2

# Questions, by way of its root; it ends with its command only.
rm -f ready
tracefs -o "manifest=$manifest,catalog=no" / -- sh -c 'echo >ready; until [ -e enough2 ]; do sleep 0.05; done' 2>said &
pid=$!
wait_for 20 test -e ready
inner=$(pgrep -P $pid | head -n 1)
check "it can be marked" tracefs --mark second "/proc/$inner/root"
check_fails "and not unmounted" 1 "*it ends when its command does" tracefs --unmount "/proc/$inner/root"
touch enough2
wait $pid
one_file "marked"
check_equal "the second session has its label and command" \
	"$(query "SELECT label, json_extract(command, '\$[0]') FROM session ORDER BY id DESC LIMIT 1")" "second|sh"

# A plain user is told what it takes.
mknod fuse c 10 229 && chmod 666 fuse && mount --bind fuse /dev/fuse && on_exit umount -l /dev/fuse
chmod 777 .
check_fails "a plain user is told what it takes" 125 "*nothing may be mounted here; *--cap-add SYS_ADMIN*" \
	setpriv --reuid 65534 --regid 65534 --clear-groups "$builddir/fs/tracefs" -o "manifest=$dir/u.db" / -- true

# Beside a traced command, by docker exec: the variable is the image's affair, whoever starts it.
check_equal "who joins as another user already does not get the variable" \
	"$(SFC_TRACE_USER=44 setpriv --reuid 65534 --regid 65534 --clear-groups "$builddir/fs/tracefs" -o image=web,join / -- sh -c 'echo "[$SFC_TRACE_USER] $(id -u)"')" \
	"[] 65534"
check_equal "nor who is told by -u whom to become" \
	"$(SFC_TRACE_USER=44 tracefs -u 65534 -o image=web,join / -- sh -c 'echo "[$SFC_TRACE_USER] $(id -u)"')" "[] 65534"
finish
