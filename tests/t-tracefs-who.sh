#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Who used it: the program as the root names it and the name of the task, across fork, exec, threads,
# process namespaces, children that live for one call, and setuid programs. The root is this machine's.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires sqlite3 --version
requires unshare --version
requires /usr/bin/python3 --version

mnt=$dir/mnt
in=$dir/in	# the same directory, as the root sees it
mkdir "$in"
chmod 755 "$dir" "$in"
for name in fork exec pipe thread main namespace setuid script burst other renamed; do
	echo "$name" >"$in/$name"
done
printf '#!/bin/sh\nread -r line <"%s/script"\n' "$in" >"$in/reader"
chmod 755 "$in/reader"
cp /usr/bin/env "$in/a-program-of-more-than-fifteen-letters"
cp /usr/bin/cat "$in/cat-setuid"
chmod 4755 "$in/cat-setuid"

# inside COMMAND…: in the traced root.
inside() {
	chroot "$mnt" "$@" >/dev/null
}

mount_tracefs "scratch=$dir/scratch,catalog=no,label=who" / "$mnt"
mount -t proc proc "$mnt/proc"
mount --bind /dev "$mnt/dev"
inside /bin/sh -c "(cat $in/fork); echo"
inside /bin/sh -c "exec head $in/exec"
inside /bin/sh -c "[ -f $in/other ] | [ -f $in/pipe ]; [ -f $in/nothing ] || true"
inside /usr/bin/python3 -c "
import threading
def work():
    open('/proc/thread-self/comm', 'w').write('worker')
    open('$in/thread').read()
thread = threading.Thread(target=work)
thread.start()
thread.join()
open('$in/main').read()"
unshare --pid --fork chroot "$mnt" /usr/bin/tail "$in/namespace" >/dev/null
chroot --userspec=1000:1000 "$mnt" "$in/cat-setuid" "$in/setuid" >/dev/null
inside "$in/reader"
inside "$in/a-program-of-more-than-fifteen-letters" -C "$in" stat renamed
# shellcheck disable=SC2016 # the shell inside expands it
inside /bin/sh -c 'i=0; while [ $i -lt 300 ]; do ( [ -f '"$in"'/burst-$i ] ); i=$((i + 1)); done'
umount "$mnt/proc" "$mnt/dev"
unmount_tracefs "$mnt"

# who CLAIM NAME OP PROGRAM: all who did that to it.
who() {
	check_equal "$1" "$(query "SELECT DISTINCT exe || ' ' || comm FROM accesses
		WHERE path = '$in/$2' AND op IN ($3) ORDER BY 1")" "$4"
}

sh=$(realpath /bin/sh)
python=$(realpath /usr/bin/python3)
who "a child that was forked and runs another program" fork "'open'" "/usr/bin/cat cat"
who "a program that replaced a shell" exec "'open'" "/usr/bin/head head"
who "a shell's test in a pipe" pipe "'stat'" "$sh sh"
who "a shell's test in vain" nothing "'lookup'" "$sh sh"
who "a thread goes by its own name" thread "'open'" "$python worker"
who "beside the first one" main "'open'" "$python python3"
who "a process in a namespace of its own" namespace "'open'" "/usr/bin/tail tail"
who "a setuid program" setuid "'open'" "$in/cat-setuid cat-setuid"
who "a script is its interpreter, under the script's name" script "'open'" "$sh reader"
who "a long name is cut as the kernel cuts it" renamed "'stat'" "/usr/bin/stat stat"
who "who runs a program is told from what it is" reader "'exec'" "$(query "SELECT DISTINCT exe || ' ' || comm FROM accesses WHERE path = '$in/a-program-of-more-than-fifteen-letters' AND op = 'exec'")"
check_equal "the name of a task has fifteen letters" \
	"$(query "SELECT DISTINCT comm FROM accesses WHERE exe = '$in/a-program-of-more-than-fifteen-letters'")" "a-program-of-mo"
check_equal "300 children that live for one call are known" \
	"$(query "SELECT count(DISTINCT path) || ' ' || group_concat(DISTINCT exe || ' ' || comm) FROM accesses
		WHERE path GLOB '$in/burst-*' AND op = 'lookup' AND errno = 2")" "300 $sh sh"
check_equal "there is nobody unknown" "$(query "SELECT count(*) FROM accesses WHERE exe = ''")" 0
session_whole "the session is whole"
finish
