#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The manifest as a person meets it: the sqlite3 shell, the schema and the queries of manifest(5).
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3 --version

sqlite3 m.db <"$srcdir/db/schema.sql" || fail "the schema is not SQL"
sqlite3 m.db <<'SQL'
INSERT INTO session (id, uuid, label, kind, mode, source, host, kernel, tool, started_ns, ended_ns, state, events)
VALUES (1, 'u1', 'second', 'test', 'every', '/', 'h', 'k', 't', 200, 300, 'complete', 20),
       (2, 'u2', 'first',  'test', 'every', '/', 'h', 'k', 't', 100, 150, 'interrupted', 9);
INSERT INTO program VALUES (1, '/usr/sbin/nginx', 'nginx'), (2, '/usr/bin/sh', 'sh'),
	(3, '/', 'crun'), (4, '/opt/crun/bin/worker', 'crun');
INSERT INTO entry (id, path, kind, size, origin) VALUES
	(1, '/usr/sbin/nginx', 'file', 1000, 'source'),
	(2, '/etc/hosts',      'file', 50,   'source'),
	(3, '/lib',            'link', 7,    'source'),
	(4, '/etc/none',       NULL,   NULL, 'source'),
	(5, '/run/pid',        'file', 3,    'created'),
	(6, '/var/old',        'file', 9,    'source'),
	(7, '/etc/shadow',     'file', 77,   'source'),
	(8, '/proc',           'dir',  0,    'source');
INSERT INTO access (entry, session, op, errno, program, count, first_seq, first_ns, last_ns) VALUES
	(1, 1, 'exec',     0,  2, 1, 1, 201, 201),
	(1, 1, 'stat',     0,  1, 4, 2, 202, 209),
	(2, 1, 'open',     0,  1, 3, 3, 203, 205),
	(2, 2, 'open',     0,  2, 2, 1, 101, 101),
	(3, 1, 'readlink', 0,  1, 5, 4, 204, 204),
	(4, 1, 'open',     2,  1, 2, 5, 205, 205),
	(4, 2, 'open',     2,  1, 1, 2, 102, 102),
	(5, 1, 'lookup',   2,  1, 1, 6, 206, 206),
	(5, 1, 'create',   0,  1, 1, 7, 207, 207),
	(5, 1, 'open',     0,  1, 1, 8, 208, 208),
	(6, 1, 'unlink',   0,  1, 1, 9, 209, 209),
	(6, 1, 'stat',     2,  1, 1, 10, 210, 210),
	(7, 1, 'open',     13, 1, 1, 11, 211, 211),
	(8, 1, 'lookup',   0,  3, 1, 12, 212, 212),
	(2, 1, 'stat',     0,  3, 1, 13, 213, 213),
	(1, 1, 'readlink', 0,  3, 1, 14, 214, 214),
	(1, 1, 'exec',     0,  3, 1, 15, 215, 215);
INSERT INTO catalog (path, kind, size) VALUES ('/etc/hosts', 'file', 50), ('/etc/shadow', 'file', 77),
	('/lib', 'link', 7), ('/never', 'file', 400), ('/nor/this', 'file', 24);
INSERT INTO packed VALUES ('/etc/hosts', 'file', 50, 'base-files', 'session', NULL, 'first'),
	('/lib64', 'dir', 0, NULL, 'parent', '/lib64/ld.so', NULL),
	('/lib64/ld.so', 'file', 9, 'libc6', 'interpreter', '/usr/sbin/nginx', NULL),
	('/usr/sbin/nginx', 'file', 1000, NULL, 'session', NULL, 'first');
SQL

ask() { sqlite3 m.db "$1"; }

check_equal "needed: the source, used with success, in the order of first use over all sessions" \
	"$(ask 'SELECT * FROM needed ORDER BY first_seq')" \
	"/etc/hosts|file|50|5|0|0|/usr/bin/sh|2|1|base-files|session
/usr/sbin/nginx|file|1000|2|4|0|/usr/bin/sh|1|2||session
/lib|link|7|0|0|5|/usr/sbin/nginx|1|3||
/var/old|file|9|0|0|0|/usr/sbin/nginx|1|4||"
check_equal "missing: added up over sessions, without what the run went on to create" \
	"$(ask 'SELECT * FROM missing ORDER BY path')" \
	"/etc/none|open|2|3|/usr/sbin/nginx
/var/old|stat|2|1|/usr/sbin/nginx"
check_equal "untouched: with sizes, and without what was refused" \
	"$(ask 'SELECT * FROM untouched ORDER BY path')" "/never|file|400|
/nor/this|file|24|"

# Every query of the manual, by its first words, runs as it is printed there.
sed -n 's/^SELECT .*;$/&/p' "$srcdir/db/manifest.5" >queries.sql
example() {
	check_equal "manifest(5): $1" "$(grep -F -- "$1" queries.sql | sqlite3 m.db)" "$2"
}
check_equal "the manual has nine queries" "$(grep -c . queries.sql)" 9
example "FROM needed ORDER" "/etc/hosts|50|5|/usr/bin/sh
/usr/sbin/nginx|1000|2|/usr/bin/sh
/lib|7|0|/usr/sbin/nginx
/var/old|9|0|/usr/sbin/nginx"
example "FROM missing" "$(ask 'SELECT * FROM missing')"
example "FROM untouched" "2|424"
example "WHERE path = '/etc/hosts'" "/etc/hosts|open|0|3|/usr/sbin/nginx|nginx|0|0|0|3|203|205|second|u1|0
/etc/hosts|stat|0|1|/|crun|0|0|0|13|213|213|second|u1|1
/etc/hosts|open|0|2|/usr/bin/sh|sh|0|0|0|1|101|101|first|u2|0"
example "LIKE '%/nginx'" "/etc/hosts
/etc/none
/etc/shadow
/lib
/run/pid
/usr/sbin/nginx
/var/old"
example "FROM session" "second|complete|20|0|
first|interrupted|9|0|"
example "NOT IN (0, 2, 20)" "/etc/shadow|open|13|/usr/sbin/nginx"
example "FROM calls" "$(ask 'SELECT first, comm, op, path, result FROM calls WHERE comm <> "crun" OR op = "exec" ORDER BY first')"
example "SELECT package" "|3|1016
base-files|1|50"
check_equal "errors have names, times begin with the session" \
	"$(ask "SELECT first, last, op, result, package, setup, time FROM calls WHERE path = '/etc/shadow'")" \
	"0.0|0.0|open|EACCES||0|1970-01-01 00:00:00.000"
check_equal "what sets the container up is told apart" \
	"$(ask "SELECT path, op, setup FROM accesses WHERE comm = 'crun' ORDER BY path, op")" "/etc/hosts|stat|1
/proc|lookup|1
/usr/sbin/nginx|exec|0
/usr/sbin/nginx|readlink|1"
check_equal "a service that is called so is none" "$(ask "SELECT setup FROM actor WHERE exe = '/opt/crun/bin/worker'")" 0
check_equal "the manual's way to a path" "$(sed -n '/^WITH RECURSIVE/,/;$/p' "$srcdir/db/manifest.5" | sqlite3 m.db)" \
	"/lib64|parent|
/lib64/ld.so|interpreter|
/usr/sbin/nginx|session|first"

# No question scans more than it must.
scans() { sqlite3 m.db "EXPLAIN QUERY PLAN $1" | grep -c SCAN; }
check_equal "one path's accesses are found by index" \
	"$(scans "SELECT * FROM accesses WHERE path = '/x'")" 0
check_equal "untouched looks each path up" "$(scans 'SELECT * FROM untouched')" 1

# The manual names every column there is.
for column in $(ask "SELECT DISTINCT c.name FROM sqlite_schema AS s, pragma_table_info(s.name) AS c
                     WHERE s.type IN ('table', 'view')"); do
	grep -q "^\.Sy $column\b" "$srcdir/db/manifest.5" || fail "manifest(5) does not name $column"
done
if command -v mandoc >/dev/null; then
	check_equal "the manual is clean" "$(mandoc -Tlint -W warning "$srcdir/db/manifest.5" 2>&1)" ""
fi
finish
