#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Real work in a traced root ends as it does in a plain one, byte for byte. SFC_TEST_LONG=1 does all of
# it: the whole build and one from the tarball, npm install, and the rest for longer.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires git --version
requires sqlite3 --version

long=${SFC_TEST_LONG:-0}
tree=/usr/include/linux seconds=2
[ "$long" = 0 ] || tree=/usr/include seconds=20
mnt=$dir/mnt
base=/	# what the roots are made of
out=/var/tmp/sfc-work-$$	# where the work is done, as its root names it; the traced ones are in scratch
chmod 755 "$dir"

# in_plain SCRIPT, in_traced SCRIPT: the same, in a layer over the base and with the base traced.
in_plain() {
	mkdir -p plain/upper plain/work plain/root
	mount -t overlay -o "lowerdir=$base,upperdir=$dir/plain/upper,workdir=$dir/plain/work" overlay plain/root
	work plain/root "$1"
}

in_traced() {
	rm -rf scratch
	mount_tracefs "label=$2,scratch=$dir/scratch,catalog=no" "$base" "$mnt"
	work "$mnt" "$1"
}

# work ROOT SCRIPT
work() {
	mount -t proc proc "$1/proc"
	mount --bind /dev "$1/dev"
	mount -t tmpfs tmpfs "$1/run"
	rm -rf "$1$out"
	mkdir "$1$out"
	[ ! -e packages ] || cp -r packages "$1$out"
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$out" LC_ALL=C TZ=UTC OUT="$out" SOURCE="$srcdir" FILES="$dir/files" TREE="$tree" \
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

# What is built: the sources and configure, whatever was built beside them.
(
	cd "$srcdir" || exit
	if [ -e .git ]; then
		git -c safe.directory="$srcdir" ls-files
		find build-aux configure Makefile.in aclocal.m4 config.h.in
	else
		find . -type f ! -path './build*/*.o' ! -name '*.a'
	fi
) >files

# shellcheck disable=SC2016 # the roots expand it
{
	build='mkdir source; tar -C "$SOURCE" --no-recursion -T "$FILES" -cf - | tar -C source -xf -
		cd source; rm -rf build build-asan build-check; mkdir build; cd build; ../configure >log 2>&1'
	same compile "$build; make -j2 \$([ $long = 0 ] && echo libbase.a) >>log 2>&1
		[ $long = 0 ] || {
			make dist >>log 2>&1; mkdir tarball; tar -C tarball --strip-components=1 -xf sfc-tools-*.tar.*
			rm sfc-tools-*.tar.*; cd tarball; ./configure >log 2>&1; make -j2 >>log 2>&1; cd ..
		}
		cd ../..;
		find . \\( -name '*.log' -o -name log \\) -delete"
	same git 'git -c init.defaultBranch=main init -q one; cd one; git config pack.threads 1 # several share the work by chance
		cp -r "$SOURCE/db" "$SOURCE/fs" .; git add .;
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

# holds NAME SCRIPT: what cannot be the same twice at least succeeds, in both.
holds() {
	in_plain "$2"
	check_equal "$1 in a plain root" "$status" 0
	umount plain/root
	rm -rf plain
	in_traced "$2" "$1"
	check_equal "$1 in a traced root" "$status" 0
	unmount_tracefs "$mnt"
	session_whole "$1: the session is whole"
}

if command -v stress-ng >/dev/null; then
	stressors='access chattr chdir chmod chown dentry dir dirdeep fallocate fcntl filename flock fstat getdent hdd'
	stressors="$stressors inotify iomix link lockf lockofd mknod open rename seek symlink sync-file touch utime xattr"
	[ "$long" != 0 ] || stressors='dentry getdent rename'
	holds "stress-ng's file-system stressors" "for stressor in $stressors; do
		stress-ng --quiet --temp-path . --timeout $((seconds / 2)) --verify --\$stressor 2 || echo failed: \$stressor; done >log 2>&1
		cat log; ! grep -q failed log"
else
	echo "not here: stress-ng"
fi

if [ "$long" = 0 ]; then
	echo "not in short: npm"
elif command -v npm >/dev/null; then
	# shellcheck disable=SC2016
	same npm 'npm install --silent --no-audit --no-fund webpack@5 typescript@5 eslint@8 express@4 >log
		node_modules/.bin/tsc --version >said; rm -rf .npm'
else
	echo "not here: npm"
fi

if base=$("$srcdir/tests/minbase.sh"); then
	mkdir packages
	(cd packages && apt-get -qq download hello less >../said 2>&1) || cat said
	# shellcheck disable=SC2016
	same package 'dpkg -i packages/less*.deb; apt-get -qq install ./packages/hello*.deb; rm -r packages; hello
		for package in hello less; do dpkg --verify $package; dpkg -L $package; done >files
		while read -r file; do [ -d "$file" ] || sha256sum "$file"; done <files >sums
		cp -a /var/lib/dpkg/info /etc/alternatives .; dpkg -s hello less >status; dpkg -r hello less'
	rm -rf packages
fi

if base=$("$srcdir/tests/minbase.sh" postgresql-15); then
	same pgbench "PATH=/usr/lib/postgresql/15/bin:\$PATH; as='setpriv --reuid postgres --regid postgres --clear-groups'
		mkdir db; chown postgres db; cd db; \$as initdb -D data -k -U postgres -A trust >log
		\$as pg_ctl -D data -o '-c listen_addresses= -k $out/db' -l pglog -w start >>log
		trap '\$as pg_ctl -D $out/db/data -m immediate stop' EXIT
		export PGHOST=$out/db PGUSER=postgres; pgbench -i -q postgres; pgbench -t 300 --random-seed=7 postgres
		psql -Atc 'COPY (SELECT aid, abalance FROM pgbench_accounts ORDER BY aid) TO STDOUT' postgres >../accounts
		pgbench -n -c 4 -T $seconds postgres
		psql -Atc 'SELECT sum(abalance) = (SELECT sum(delta) FROM pgbench_history) FROM pgbench_accounts' postgres | grep -x t
		\$as pg_ctl -D data -w stop; trap - EXIT; \$as pg_checksums -D data --check | grep 'Bad checksums' >../checksums; cd ..; rm -rf db"
fi
finish
