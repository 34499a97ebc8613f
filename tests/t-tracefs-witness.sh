#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Nothing escapes it: programs run under strace inside the mount, and every path that strace saw them
# use, in vain or not, is in the manifest. The root is this machine's own; for the servers, a minbase.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires strace --version
requires ip -Version
requires sqlite3 --version

mnt=$dir/mnt
source=/
mode=every
calls='%file,getcwd,chroot,chdir,fchdir,clone,clone3,fork,vfork'

# watch NAME COMMAND…: trace it by both, and compare.
watch() {
	name=$1
	shift
	chroot "$source" sh -c "command -v $1" >/dev/null || {
		echo "not here, not compared: $name ($1)"
		return
	}
	rm -rf scratch
	mount_tracefs "mode=$mode,scratch=$dir/scratch,catalog=no,label=$name" "$source" "$mnt"
	mount -t proc proc "$mnt/proc"
	mount --bind /dev "$mnt/dev"
	mkdir "$mnt/tmp/sfc-witness"
	unshare --net sh -c 'ip link set lo up && exec "$@"' sh strace -f -y -s 4096 -o "$name.log" -e "trace=$calls" \
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp/sfc-witness LC_ALL=C.UTF-8 \
		chroot "$mnt" "$@" >"$name.out" 2>&1 </dev/null
	status=$?
	umount "$mnt/proc" "$mnt/dev"
	unmount_tracefs "$mnt"
	check_equal "$name runs ($(tail -n 1 "$name.out"))" "$status" 0
	compare "$name"
}

# in_mode: mode=first sees that a path was used, and an open or an exec, whichever came first.
in_mode() {
	case $mode in
	first) sed 's/^stat /any /; s/^readlink /any /; s/^exec /open /' ;;
	*) cat ;;
	esac
}

# compare NAME: what strace saw against the last session. The same layers, not traced, resolve links.
compare() {
	mkdir -p merged plain-work
	mount -t overlay -o "lowerdir=$source,upperdir=$dir/scratch/upper,workdir=$dir/plain-work" overlay merged ||
		fail "cannot put the layers together again"
	"$builddir/tests/fs/witness" "$1.log" "$mnt" '' "$dir/merged" "$dir/scratch/upper" \
		/proc /dev /sys | in_mode | sort -u | tr ' ' '|' >used
	umount merged
	rm -rf plain-work
	sqlite3 -readonly -cmd '.timeout 10000' "$manifest" >missed <<-'SQL'
		.separator |
		CREATE TEMP TABLE used (op, hex);
		.import used used
		CREATE TEMP TABLE seen AS SELECT DISTINCT hex(path) AS hex, op, errno FROM accesses
			WHERE uuid = (SELECT uuid FROM session ORDER BY id DESC LIMIT 1);
		CREATE INDEX temp.seen_hex ON seen (hex, op);
		SELECT op, ifnull((SELECT path FROM entry WHERE hex(path) = hex), hex) FROM used
			WHERE NOT EXISTS (SELECT 1 FROM seen WHERE seen.hex = used.hex
				AND (used.op = 'any' OR (seen.errno = 0
					AND (seen.op = used.op OR (used.op = 'open' AND seen.op = 'exec')))));
	SQL
	echo "$1: $(grep -c . "$1.log") lines of strace, $(grep -c '^any' used) paths, $(grep -c '^open' used) opened," \
		"$(grep -c '^stat' used) looked at, $(grep -c '^readlink' used) links read, $(grep -c '^exec' used) run"
	check "$1, mode=$mode: strace saw something" test "$(grep -c '^any' used)" -gt 10
	check_equal "$1, mode=$mode: the manifest has all of it" "$(head -n 20 missed)" ""
	session_whole "$1: the session is whole"
}

# shellcheck disable=SC2016 # other shells expand these
watch sh sh -c 'cd /etc; for f in *.conf ../etc/./hosts nothing/at/all; do [ -f "$f" ] && . /dev/null; done
	cd /tmp/sfc-witness; ln -s /usr/share there; ls -l there/ >/dev/null; cat there/../lib/os-release
	[ -x /bin/nothing ] || mkdir -p a/b/c; cp /etc/passwd a/b/c; mv a/b a/d; rm -r a; nothing-of-the-kind; true'
watch python3 /usr/bin/python3 -c 'import json, ssl, sqlite3, email.message, os
os.chdir("/usr/lib"); print(sum(os.path.exists(name) for name in os.listdir(".")), os.path.realpath("os-release"))'
# shellcheck disable=SC2016
watch perl perl -MPOSIX -MFile::Find -e 'find(sub { $n++ if -f }, "/usr/share/perl"); print "$n files\n"'
cat >hello.c <<-'C'
	#include <stdio.h>
	#include <sys/stat.h>
	int main(void) { struct stat st; puts("hello"); return stat("/etc/hostname", &st) && stat("/nowhere", &st); }
C
watch cc gcc -O1 -o /tmp/sfc-witness/hello "$dir/hello.c"
watch git sh -c 'cd /tmp/sfc-witness && git init -q . && cp /etc/services . && git add . &&
	git -c user.name=n -c user.email=e commit -qm c && git clone -q . ../sfc-witness/clone && git -C clone fsck && git log --oneline'
# shellcheck disable=SC2016
watch bash bash -c 'shopt -s nullglob; for f in /etc/*.d /etc/{hosts,nothing}; do [[ -e $f ]]; done; type -a sh; echo done'
watch find find /etc /var/lib/dpkg -name '*.list' -newer /etc/passwd
watch tar tar -C /etc -cf /dev/null .

mode=first
watch sh-first sh -c 'for i in 1 2; do cat /etc/os-release /etc/hosts /etc/nothing; ls /usr/share/perl5; perl -e 1; done; sh -c true
	cp /etc/passwd /tmp/sfc-witness/; chmod 600 /tmp/sfc-witness/passwd; cmp /etc/passwd /tmp/sfc-witness/passwd'
watch python3-first /usr/bin/python3 -c 'import json, ssl, sqlite3, email.message, subprocess
print([subprocess.run(["true"]).returncode for _ in range(3)])'
watch cc-first gcc -O1 -o /tmp/sfc-witness/hello "$dir/hello.c"
watch tar-first sh -c 'tar -C /etc -cf - . | wc -c; tar -C /etc -cf - . | wc -c'
mode=every

# in_minbase PACKAGE: the root from here on; false where there is none.
in_minbase() {
	source=$("$srcdir/tests/minbase.sh" "$1") && return
	echo "not here, not compared: $1 in a minbase"
	return 1
}

in_minbase nginx-light && watch nginx bash -c 'nginx && exec 3<>/dev/tcp/127.0.0.1/80 &&
	printf "GET / HTTP/1.0\r\n\r\n" >&3 && grep -c . <&3; nginx -s quit'
# shellcheck disable=SC2016
in_minbase postgresql-15 && watch postgres bash -c 'cd /tmp/sfc-witness && chown postgres . &&
	setpriv --reuid postgres --regid postgres --clear-groups bash -ec "
		PATH=/usr/lib/postgresql/15/bin:\$PATH
		initdb -D data -A trust >log; pg_ctl -D data -l log -o \"-k /tmp/sfc-witness -c listen_addresses=\" -w start >>log
		psql -h /tmp/sfc-witness -Atc \"CREATE TABLE t AS SELECT generate_series(1, 100) AS i; SELECT sum(i) FROM t\" postgres
		pg_ctl -D data -w stop >>log"'
finish
