#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Real work in a traced root ends as it does in a plain one, byte for byte. SFC_TEST_LONG=1 adds what
# takes minutes: all of the build, a package installed, stress-ng, PostgreSQL.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires git --version
requires sqlite3 --version

long=${SFC_TEST_LONG:-0}
tree=/usr/include/linux
[ "$long" = 0 ] || tree=/usr/include
mnt=$dir/mnt
out=/var/tmp/sfc-work-$$	# where the work is done, as its root names it; the traced ones are in scratch
chmod 755 "$dir"

# in_plain SCRIPT, in_traced SCRIPT: the same, in a layer over this machine's root and in a traced one.
in_plain() {
	mkdir -p plain/upper plain/work plain/root
	mount -t overlay -o "lowerdir=/,upperdir=$dir/plain/upper,workdir=$dir/plain/work" overlay plain/root
	work plain/root "$1"
}

in_traced() {
	rm -rf scratch
	mount_tracefs "label=$2,scratch=$dir/scratch,catalog=no" / "$mnt"
	work "$mnt" "$1"
}

# work ROOT SCRIPT
work() {
	mount -t proc proc "$1/proc"
	mount --bind /dev "$1/dev"
	mount -t tmpfs tmpfs "$1/run"
	rm -rf "$1$out"
	mkdir "$1$out"
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$out" LC_ALL=C TZ=UTC OUT="$out" SOURCE="$srcdir" TREE="$tree" \
		SOURCE_DATE_EPOCH=1700000000 DEBIAN_FRONTEND=noninteractive \
		chroot "$1" sh -ec "cd $out; $2" >said 2>&1 </dev/null
	status=$?
	[ $status = 0 ] || tail -n 5 said
	umount "$1/run" "$1/dev" "$1/proc"
}

# sum ROOT: names, kinds, owners, attributes and contents of all that was made; not the times.
sum() {
	tar -C "$1$out" --sort=name --mtime=@0 --xattrs --xattrs-include='*' --acls --format=posix \
		--pax-option=exthdr.name=%d/%f,delete=atime,delete=ctime -c . | sha256sum
}

# same NAME SCRIPT: what it leaves in $OUT is the same.
same() {
	in_plain "$2"
	check_equal "$1 in a plain root" "$status" 0
	sum plain/root >plain.sum
	find "plain/root$out" -type f | wc -l >plain.files
	umount plain/root
	rm -rf plain
	in_traced "$2" "$1"
	check_equal "$1 in a traced root" "$status" 0
	sum "$mnt" >traced.sum
	unmount_tracefs "$mnt"
	check_equal "$1: $(cat plain.files) files are the same" "$(cat traced.sum)" "$(cat plain.sum)"
	session_whole "$1: the session is whole"
}

# shellcheck disable=SC2016 # the roots expand it
{
	build='mkdir source; tar -C "$SOURCE" --exclude=./.git --exclude="./build*/*.o" --exclude="*.a" -cf - . | tar -C source -xf -
		cd source; rm -rf build build-asan build-check; mkdir build; cd build; ../configure >log 2>&1'
	same compile "$build; make -j2 \$([ $long = 0 ] && echo libbase.a) >>log 2>&1; cd ../..;
		find . \\( -name '*.log' -o -name log \\) -delete"
	same git 'git -c init.defaultBranch=main init -q one; cd one; cp -r "$SOURCE/db" "$SOURCE/fs" .; git add .;
		export GIT_AUTHOR_DATE="1700000000 +0000" GIT_COMMITTER_DATE="1700000000 +0000"
		git -c user.name=n -c user.email=e commit -qm one; git gc -q; cd ..
		git clone -q --no-local one two; git -C two fsck --strict --full; git -C two log --stat >log
		rm -f one/.git/index two/.git/index' # the index has inode numbers in it
	same tar 'cp /bin/true program; setcap cap_net_raw+ep program; setfacl -m u:daemon:rw program; ln program twin
		setfattr -n user.note -v text program; mkfifo fifo; ln -s nowhere link; chmod 4711 program
		tar --xattrs --xattrs-include=* --acls -C "$TREE" -cf include.tar --sort=name .
		mkdir include; tar --xattrs --xattrs-include=* --acls -C include -xpf include.tar
		tar --xattrs --xattrs-include=* --acls -cf all.tar program twin fifo link
		mkdir all; tar --xattrs --xattrs-include=* --acls -C all -xpf all.tar; rm ./*.tar
		getcap -r . ; cmp all/program program; [ all/program -ef all/twin ]'
	same sqlite 'sqlite3 new.db "PRAGMA journal_mode = WAL" "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)" "CREATE INDEX i ON t (b)" \
		"WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 20000) INSERT INTO t SELECT x, hex(x * 7919 % 10007) FROM n" \
		"DELETE FROM t WHERE a % 3 = 0" "UPDATE t SET b = b || a WHERE a % 7 = 0" "PRAGMA integrity_check" >said
		for i in 1 2 3 4; do sqlite3 -cmd ".timeout 20000" new.db "UPDATE t SET b = b || '\'x\'' WHERE a % 4 = $i - 1" & done; wait
		sqlite3 new.db "PRAGMA wal_checkpoint(TRUNCATE)" "SELECT count(*), sum(a), sum(length(b)) FROM t" >>said
		sqlite3 new.db .dump >dump; rm new.db'
	same busy 'for i in 1 2 3 4; do (
			mkdir $i; cd $i
			for j in 0 1 2 3 4 5 6 7 8 9; do
				mkdir -p a/$j; echo $i $j >a/$j/file; ln a/$j/file a/$j/twin; ln -s ../$j/file a/$j/link
				mv a/$j b-$j; cp -a b-$j c-$j; rm b-$j/twin; sed -i s/$/x/ c-$j/file; truncate -s 100 b-$j/file
			done; rm -r c-5; chmod 700 b-3; chown 1000:1000 b-4) & done; wait'
}

if [ "$long" != 0 ]; then
	# shellcheck disable=SC2016
	same package 'cd /; apt-get download hello 2>/dev/null || apt-get -o APT::Sandbox::User=root -qq download hello
		dpkg -i hello_*.deb; hello >$OUT/said; dpkg -L hello | xargs -I{} sh -c "[ -d {} ] || sha256sum {}" >$OUT/files
		dpkg --verify hello; dpkg -r hello'
	if command -v stress-ng >/dev/null; then
		in_traced 'stress-ng --quiet --temp-path . --timeout 8 --verify --access 1 --chdir 1 --chmod 1 --copy-file 1 \
			--dentry 1 --dir 1 --dirdeep 1 --fallocate 1 --fcntl 1 --filename 1 --flock 1 --fstat 1 --hdd 1 --inotify 1 \
			--iomix 1 --link 1 --lockf 1 --lockofd 1 --mknod 1 --mmap 1 --open 1 --rename 1 --seek 1 --symlink 1 \
			--sync-file 1 --unlink 1 --utime 1 --xattr 1' stress-ng
		check_equal "stress-ng's file-system stressors verify" "$status" 0
		unmount_tracefs "$mnt"
		session_whole "stress-ng: the session is whole"
	else
		echo "not here: stress-ng"
	fi
	initdb=$(find /usr/lib/postgresql -name initdb 2>/dev/null | sort -V | tail -n 1)
	if [ -n "$initdb" ] && command -v pgbench >/dev/null; then
		in_traced "chown 65534:65534 .; as='setpriv --reuid 65534 --regid 65534 --clear-groups'; bin=${initdb%/*}
			\$as \$bin/initdb -D data -U postgres -A trust >log
			\$as \$bin/pg_ctl -D data -o '-c listen_addresses= -k $out' -l pglog -w start
			pgbench -h $out -U postgres -i -q -s 2 postgres; pgbench -h $out -U postgres -c 4 -T 5 postgres
			psql -h $out -U postgres -Atc 'SELECT sum(abalance) = (SELECT sum(delta) FROM pgbench_history) FROM pgbench_accounts' postgres | grep -qx t
			\$as \$bin/pg_ctl -D data -w stop; \$as \$bin/pg_checksums -D data --check || true
			\$as \$bin/pg_amcheck --version >log || true" pgbench
		check_equal "PostgreSQL's books balance after pgbench" "$status" 0
		unmount_tracefs "$mnt"
		session_whole "pgbench: the session is whole"
	else
		echo "not here: PostgreSQL"
	fi
fi
finish
