#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tracepack merge, stat and ls: manifests that are made by hand, as a person would read them.
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3 --version
requires jq --version

# manifest FILE SQL: an empty one, and what the SQL puts into it.
manifest() {
	{
		cat "$srcdir/db/schema.sql"
		echo "INSERT INTO program VALUES (1, '/usr/sbin/nginx', 'nginx'), (2, '/usr/bin/sh', 'sh');"
		echo "$2"
	} | sqlite3 "$1" || fail "cannot make $1"
}

# session UUID LABEL START KIND
session() {
	echo "INSERT INTO session (uuid, label, kind, mode, source, host, kernel, tool, started_ns, ended_ns, state)
	      VALUES ('$1', '$2', '${4:-test}', 'every', '/', 'h', 'k', 't', $3, $3 + 9, 'complete');"
}

entry="INSERT INTO entry (id, path, kind, size, mode, uid, gid, mtime_ns, target) VALUES"
access="INSERT INTO access (session, entry, op, errno, program, count, first_seq, first_ns, last_ns) VALUES"

manifest a.db "$(session u1 start 1000000000) $(session u2 get-page 2000000000) $(session u3 reload 3000000000)
$entry (1, '/usr/sbin/nginx', 'file', 1200000, 493, 0, 0, 1700000000000000000, NULL),
       (2, '/etc/hosts', 'file', 50, 420, 0, 0, 1700000000000000000, NULL),
       (3, '/lib', 'link', 7, 511, 0, 0, 1700000000000000000, 'usr/lib'),
       (4, '/etc/none', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
       (5, '/srv/a' || char(10) || '<b>.html', 'file', 9000, 33188 & 4095, 33, 33, 0, NULL);
$access (1, 1, 'exec', 0, 2, 1, 1, 1, 1), (1, 2, 'open', 0, 1, 1, 2, 1, 1),
        (1, 3, 'readlink', 0, 1, 1, 3, 1, 1), (1, 4, 'open', 2, 1, 3, 4, 1, 1),
        (2, 5, 'open', 0, 1, 1, 1, 1, 1), (2, 1, 'stat', 0, 1, 1, 2, 1, 1),
        (3, 2, 'open', 0, 1, 1, 1, 1, 1), (3, 1, 'open', 0, 1, 1, 2, 1, 1);
INSERT INTO catalog (path, kind, size) VALUES ('/etc/hosts', 'file', 50), ('/etc/hostname', 'file', 9), ('/lib', 'link', 7),
       ('/usr/share/big', 'file', 5000000), ('/usr/sbin/nginx', 'file', 1200000);"

check_equal "stat says what each label needed, and needed alone" "$(tracepack stat a.db)" \
"label     files  only here   bytes  only here  in vain
start         2          0  1.2 MB          0        1
get-page      2          1  1.2 MB     9.0 kB        0
reload        2          0  1.2 MB          0        0  ← added nothing new: likely complete
needed        3 files, 1.2 MB
source        4 files, 6.2 MB
never needed  2 files, 5.0 MB
in vain       1 path
needed by one run alone: 1 of 3 files, 33.3 % (leave-one-out miss rate)
of what one more run uses, seen already: 91.7 % (Good–Turing)
still unseen, estimated: 0 to 7 files (Chao2, 95 %)"
check_equal "by program" "$(tracepack stat --by program a.db | head -3)" \
"program          files   bytes  in vain  operations
/usr/sbin/nginx      3  1.2 MB        1           9
/usr/bin/sh          1  1.2 MB        0           1"
check_equal "by directory, with what the source has there" "$(tracepack stat --by directory a.db | head -5)" \
"directory   files     bytes  of files  of bytes
/usr/sbin       1    1.2 MB         1    1.2 MB
/srv            1    9.0 kB         0         0
/etc            1  50 bytes         2  59 bytes
/usr/share      0         0         1    5.0 MB"
check_equal "by session there is one row a session" \
	"$(tracepack stat --by session a.db | grep -c '1970-01-01')" 3
check_equal "JSON has bytes, and the same numbers" \
	"$(tracepack stat --json a.db | jq -c '[.needed.files, .needed.bytes, .source.bytes, .left_out.files,
	   (.rows[2] | .label, .files, .new_files), .confidence.leave_one_out.missed, .confidence.sentence]')" \
	'[3,1209050,6200059,2,"reload",2,0,1,"still unseen, estimated: 0 to 7 files (Chao2, 95 %)"]'

check_equal "ls names what was needed; odd names stay on their line" "$(tracepack ls a.db)" \
'/etc/hosts
/lib
/srv/a\n<b>.html
/usr/sbin/nginx'
check_equal "in the order of first use" "$(tracepack ls --order first-use a.db | tr '\n' ' ')" \
	'/usr/sbin/nginx /etc/hosts /lib /srv/a\n<b>.html '
check_equal "by size" "$(tracepack ls --order size a.db | head -2 | tr '\n' ' ')" \
	'/usr/sbin/nginx /srv/a\n<b>.html '
check_equal "only what matches" "$(tracepack ls a.db '/usr/**' hosts | tr '\n' ' ')" "/etc/hosts /usr/sbin/nginx "
check_equal "what was looked for in vain" "$(tracepack ls -l --missing a.db)" \
	"3  open  ENOENT  /usr/sbin/nginx  /etc/none"
check_equal "what was never touched" "$(tracepack ls -l --untouched a.db)" \
"file        9  /etc/hostname
file  5000000  /usr/share/big"
check_equal "a long line has mode, owner, size, time, use, program, path, target" \
	"$(TZ=UTC tracepack ls -l a.db /lib)" \
	"lrwxrwxrwx  0  0  7  2023-11-14 22:13  1  /usr/sbin/nginx  /lib -> usr/lib"
check_equal "JSON gives the same" \
	"$(tracepack ls --json a.db | jq -c '.[2] | [.path, .kind, .size, .mode, .uid, .order]')" \
	'["/srv/a\\n<b>.html","file",9000,420,33,4]'

mkdir -p tree/d
echo hello >tree/d/f
ln -s d tree/l
check_equal "ls of a directory" "$(tracepack ls tree | tr '\n' ' ')" "/ /d /d/f /l "

# --- merge ---
manifest b.db "$(session u9 other 5000000000)
$entry (1, '/etc/hosts', 'file', 50, 420, 0, 0, 0, NULL), (2, '/bin/new', 'file', 70, 420, 0, 0, 0, NULL);
$access (1, 1, 'open', 0, 1, 1, 1, 1, 1), (1, 2, 'open', 0, 1, 1, 2, 1, 1);"
manifest p.db "$(session u10 web 6000000000 prod)
$entry (1, '/usr/share/big', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
$access (1, 1, 'open', 2, 1, 1, 1, 1, 1);"
check_equal "merge makes what is not there, and says what came in" "$(tracepack merge out.db a.db b.db)" \
"a.db: 3 sessions, 5 new paths, 8 accesses, 5 paths of the source
b.db: 1 session, 1 new path, 2 accesses"
sqlite3 out.db .dump >once
check_equal "twice changes nothing" "$(tracepack merge --json out.db a.db b.db | jq -c '[.[] | .sessions, .known]')" \
	'[0,3,0,1]'
sqlite3 out.db .dump >twice
check "not one row" cmp once twice
check_equal "all labels are there" "$(tracepack stat --json out.db | jq -c '[.rows[].label]')" \
	'["start","get-page","reload","other"]'
tracepack merge -q out.db p.db
check_equal "a run in production is no sample, and adds nothing to what is needed" \
	"$(tracepack stat out.db | sed -n 's/  */ /g;/^web/p'; tracepack stat --json out.db | jq .confidence.runs)" \
"web 0 0 0 0 1 ← missed in production
4"

echo garbage >bad.db
check_fails "what is no manifest is refused before anything is written" 1 \
	"tracepack: merge: *bad.db*" tracepack merge new.db a.db bad.db
check "and nothing was made" test ! -e new.db
check_fails "a manifest is not merged into itself" 1 "tracepack: merge: *itself*" tracepack merge a.db a.db
check_fails "merge wants an IN" 2 "tracepack: merge: what is to be merged*" tracepack merge a.db
check_fails "stat of nothing" 1 "tracepack: stat: *nowhere.db*" tracepack stat nowhere.db
check_fails "stat by what it does not know" 2 "tracepack: stat: --by does not take 'colour'*" \
	tracepack stat --by colour a.db
check_fails "ls of what is not there" 1 "tracepack: ls: nothing in 'a.db' matches '/nope'" tracepack ls a.db /nope
check_fails "a directory does not know what is missing" 1 "tracepack: ls: 'tree' is a directory*" \
	tracepack ls --missing tree
check_fails "no space on the way out is said" 1 "tracepack: ls: cannot write*" \
	sh -c 'tracepack ls a.db >/dev/full'

sqlite3 a.db "UPDATE session SET state = 'interrupted', dropped = 3 WHERE uuid = 'u2'"
check "what was lost is said" \
	sh -c "tracepack stat a.db 2>&1 >/dev/null | grep -q 'session \"get-page\" lost accesses'"

for page in ls merge stat; do
	! command -v mandoc >/dev/null ||
		check_equal "tracepack-$page(1) is clean" \
			"$(mandoc -Tlint -W warning "$srcdir/pack/cmd/tracepack-$page.1" 2>&1)" ""
done
finish
