#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tracepack diff and ls: every kind of difference, between things of every kind.
. "${srcdir:-.}/tests/lib.sh"
requires root
requires jq --version
requires sqlite3 --version

mkdir -p A/d B/d
for t in A B; do
	echo same >$t/same
	echo one >$t/d/content
	echo mode >$t/d/mode
	echo owner >$t/d/owner
	echo xattr >$t/d/xattr
	echo time >$t/d/time
	head -c 300000 /dev/zero | tr '\0' x >$t/large
	touch -d @1000000000 $t/* $t/d/*
done
echo two >B/d/content
printf y | dd of=B/large bs=1 seek=299999 conv=notrunc 2>/dev/null
chmod 600 B/d/mode
chown 5:6 B/d/owner
setfattr -n user.note -v v B/d/xattr || skip "no user attributes on this file system"
touch -d @1000000001 B/d/time
echo gone >A/d/gone
echo 'new and larger' >B/d/new
ln -s a A/link
ln -s b B/link
mkdir A/kind
ln -s kind B/kind
mknod A/null c 1 3
mknod B/null c 1 5
echo odd >"B/odd
name"

differences='~           /d/content  (content)
-  5 bytes  /d/gone
~           /d/mode  (mode 0644 → 0600)
+ 15 bytes  /d/new
~           /d/owner  (owner 0:0 → 5:6)
~           /d/xattr  (attributes)
~     link  /kind  (kind dir → link)
~           /large  (content)
~     link  /link  (target a → b)
~     char  /null  (device)
+  4 bytes  /odd\nname
2 added (19 bytes), 1 removed (5 bytes), 8 changed (0 bytes), 4 the same'
squeezed() { sed 's/^\(.\) */\1 /'; }
check_equal "directories: each kind of difference, by path" "$(tracepack diff A B | squeezed)" \
	"$(printf '%s\n' "$differences" | squeezed)"
check_equal "times only when asked" "$(tracepack diff --times A B | grep '/d/time' | squeezed)" "~ /d/time  (time)"
check_equal "without contents" "$(tracepack diff --no-content A B | grep -c '(content)')" 0
tracepack image A -o A.sqsh --quiet
tracepack image B -o B.sqsh --quiet
check_equal "images" "$(tracepack diff A.sqsh B.sqsh | squeezed)" "$(printf '%s\n' "$differences" | squeezed)"
check_equal "an image and a directory" "$(tracepack diff A.sqsh B | squeezed)" "$(printf '%s\n' "$differences" | squeezed)"
check_equal "an image and what it was made of" "$(tracepack diff -q --times B.sqsh B)" \
	"0 added (0 bytes), 0 removed (0 bytes), 0 changed (0 bytes), 14 the same"
check_equal "JSON says what changed and how" \
	"$(tracepack diff --json A.sqsh B | jq -c '[.a.is, .b.is, (.added | length), .removed[0].size,
	   (.changed[] | select(.path == "/link") | .what, .a.target, .b.target), .same]')" \
	'["image","directory",2,5,["target"],"a","b",4]'
tracepack diff --exit-code -q A B >/dev/null
check_equal "3 when asked and they differ" $? 3
tracepack diff --exit-code -q B B.sqsh >/dev/null
check_equal "0 when they do not" $? 0
tracepack diff A B >/dev/null
check_equal "0 when not asked" $? 0
check_equal "ls of an image is ls of the directory" "$(tracepack ls -l A.sqsh)" "$(tracepack ls -l A)"

# A manifest knows sizes, times and modes.
{
	cat "$srcdir/db/schema.sql"
	echo "INSERT INTO program VALUES (1, '/x', 'x');
	INSERT INTO session (id, uuid, label, kind, mode, source, host, kernel, tool, started_ns, state)
	VALUES (1, 'u1', 'l', 'test', 'every', '/', 'h', 'k', 't', 1, 'complete');
	INSERT INTO entry (id, path, kind, size, mode, uid, gid, mtime_ns) VALUES
		(1, '/d/content', 'file', 4, 420, 0, 0, 1000000000000000000),
		(2, '/d/time', 'file', 5, 420, 0, 0, 1000000000000000000),
		(3, '/d/mode', 'file', 5, 420, 0, 0, 1000000000000000000);
	INSERT INTO access (entry, session, op, errno, program, count, first_seq, first_ns, last_ns)
	SELECT id, 1, 'open', 0, 1, 1, id, 1, 1 FROM entry;"
} | sqlite3 m.db
check_equal "a manifest and the tree it speaks of" "$(tracepack diff m.db A | grep -v '^+')" \
	"$(tracepack diff -q m.db A)"
check_equal "and another one: time stands for content" "$(tracepack diff m.db B | grep '^~' | squeezed)" \
"~ /d/content  (time)
~ /d/mode  (mode 0644 → 0600)
~ /d/time  (time)"

check_fails "one thing cannot be compared" 2 "tracepack: diff: two things*" tracepack diff A
check_fails "what is not there is named" 1 "tracepack: diff: *nowhere*" tracepack diff A nowhere
head -c 300 A.sqsh >cut.sqsh
check_fails "an image that is cut short" 1 "tracepack: diff: *cut.sqsh*" tracepack diff A cut.sqsh
! command -v mandoc >/dev/null ||
	check_equal "tracepack-diff(1) is clean" "$(mandoc -Tlint -W warning "$srcdir/pack/cmd/tracepack-diff.1" 2>&1)" ""
finish
