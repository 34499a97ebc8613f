#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Nothing escapes it: a program makes known numbers of calls of each kind, from one thread and from
# eight, and the manifest shows exactly those. SFC_TEST_CALLS is how many of each.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires sqlite3 --version

driver=$builddir/tests/fs/count-driver
calls=${SFC_TEST_CALLS:-25}
chmod 755 "$dir"

# What was expected and is not so, one line each. Only calls the driver makes are compared; looking up
# names and asking for file capabilities goes on beside them.
cat >compare.sql <<'SQL'
CREATE TEMP TABLE expected (path TEXT, op TEXT, errno INT, count INT, bound TEXT);
.separator |
.import expected expected
CREATE TEMP TABLE seen AS
	SELECT path, op, errno, sum(count) AS count FROM accesses
	WHERE (comm IN ('count-driver', 'exec', 'interpreter', 'exec-script'))
	  AND uuid = (SELECT uuid FROM session ORDER BY id DESC LIMIT 1)
	GROUP BY path, op, errno;
SELECT path, op, errno, 'wanted ' || bound || ' ' || count, 'got ' || ifnull(got, 0) FROM (
	SELECT expected.*, (SELECT sum(count) FROM seen
		WHERE seen.path = expected.path
		  AND (expected.op = '*' OR seen.op = expected.op)
		  AND (expected.errno < 0 OR seen.errno = expected.errno)) AS got
	FROM expected)
	WHERE CASE bound WHEN 'exact' THEN ifnull(got, 0) <> count ELSE ifnull(got, 0) < count END;
SELECT path, op, errno, 'wanted none', 'got ' || count FROM seen
	WHERE op IN ('stat', 'open', 'exec', 'readlink', 'readdir', 'access')
	  AND NOT (op = 'stat' AND ' :stats' = ' more')
	  AND path IN (SELECT path FROM expected WHERE bound = 'exact')
	  AND NOT EXISTS (SELECT 1 FROM expected
	                  WHERE expected.path = seen.path AND expected.op IN ('*', seen.op)
	                    AND expected.errno IN (-1, seen.errno));
SQL

# count SHAPE THREADS STATS OPTIONS: "more" STATS may be seen than were called for. The rows that are not as expected, in wrong.
count() {
	shape=$1 threads=$2 stats=$3 options=$4
	rm -rf source scratch
	mkdir source
	"$driver" prepare "$dir/source"
	mount_tracefs "$options" "$dir/source" "$dir/mnt"
	"$driver" run "$shape" "$dir/mnt" "$calls" "$threads" >expected || fail "the driver itself"
	unmount_tracefs "$dir/mnt"
	sqlite3 -readonly "$manifest" >wrong <<-SQL
		$(sed "s/:stats/$stats/" compare.sql)
	SQL
	check_equal "$shape, $threads threads: $(wc -l <expected) kinds of calls, $calls of each, and the manifest has exactly those" \
		"$(cat wrong)" ""
	session_whole "$shape, $threads threads: the session is whole"
}

count scratch 1 exact "label=scratch,scratch=$dir/scratch"
count scratch 8 exact "label=scratch,scratch=$dir/scratch"
# reading through the daemon asks for attributes as well
count scratch 8 more "scratch=tmpfs,passthrough=off"
count plain 1 more "label=plain"
count plain 8 more "label=plain"

check_equal "hard links are recorded under the name that was used" \
	"$(query "SELECT group_concat(path || ' ' || op, ', ') FROM (SELECT DISTINCT path, op FROM accesses
		WHERE label = 'scratch' AND path LIKE '/hard-%' AND op IN ('open', 'stat') ORDER BY path)")" \
	"/hard-one stat, /hard-two open"
check_equal "opens for writing are told from opens for reading" \
	"$(query "SELECT DISTINCT path || reading || writing FROM accesses
		WHERE label = 'plain' AND op = 'open' AND path IN ('/open', '/open-write', '/open-both') ORDER BY path")" \
	"/open10
/open-both11
/open-write01"
finish
