#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The state as a person meets it: the directory, the sqlite3 shell and the queries of sfc-state(5).
# shellcheck disable=SC2154 # srcdir: tests/lib.sh sets it
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
requires root
requires sqlite3 --version
requires jq --version

export SFC_STATE="$dir/state"
db=$SFC_STATE/state.db
page=$srcdir/stage/state/sfc-state.5
ask() { sqlite3 -readonly "$db" "$1"; }
mkdir -p src/bin src/etc
echo one >src/etc/one

# --- where it is
check "is made on first use" sfc dev create web --from src
check_equal "closed to others" "$(stat -c %a "$SFC_STATE" "$db" | tr '\n' ' ')" "700 600 "
check_equal "--state says where" "$(sfc --state "$dir/other" dev list --json | jq -c .)" '{"names":[],"bases":[]}'
check "and it was made there" test -f "$dir/other/state.db"
mkdir home && chmod 755 home && touch home/letter
check_fails "a directory of something else is refused" 1 "*holds 'letter'*" sfc --state "$dir/home" dev list
check_equal "and left as it is" "$(stat -c %a home; ls -A home)" "755
letter"
mkdir -p old/dev/web && echo '{}' >old/dev/web/dev.json
check_fails "what older scripts left is refused" 1 "*'$dir/old/dev' is of an older sfc*" sfc --state "$dir/old" dev list
mkdir -p old2/prod/web && echo '{}' >old2/prod/web/app.json
check_fails "and what they left of prod, with what to do" 1 "*'$dir/old2/prod' is of an older sfc*'sfc prod install'*" sfc --state "$dir/old2" ps
check_equal "sfc status says the same of both" "$(sfc --state "$dir/other" status)" \
	"nothing yet: 'sfc dev create' makes a root file system, 'sfc prod install' installs a package"

# --- two terminals
sfc dev create kv --from src >/dev/null
sfc dev create mine --from web >/dev/null
sfc dev commit web web-1 >/dev/null
sfc dev create old --from src >/dev/null && sfc dev rm old
read -r boot </proc/sys/kernel/random/boot_id
started=$(sed 's/.*) //' /proc/$$/stat | cut -d ' ' -f 20)
sqlite3 "$db" "INSERT INTO claim VALUES ('dev/web', $$, $started, $(stat -L -c %i /proc/self/ns/pid), '$boot', 1)"
SFC_LOCK_TIMEOUT=1 check_fails "what another command works on is waited for, not for ever" 1 \
	"*'web' is being worked on by another sfc command (process $$)*" sfc dev reset web
check_equal "the manual's question finds the claim" "$(sed -n '/^SELECT object, pid FROM claim/p' "$page" | sqlite3 -readonly "$db")" "dev/web|$$"
sqlite3 "$db" "UPDATE claim SET pid_started = pid_started + 1"
check "a claim of a process that is gone is nobody's" sfc dev reset web
check_equal "and is given back" "$(ask 'SELECT count(*) FROM claim')" 0

# --- every query of the manual runs as it is printed there
sed -n '/^\(SELECT\|WITH\) .*;$/p' "$page" | sed 's/\\e/\\/g' >queries.sql
check "the manual has ten queries" test "$(grep -c . queries.sql)" -ge 10
example() {
	check_equal "sfc-state(5): $1" "$(grep -F -- "$1" queries.sql | sqlite3 -readonly "$db" 2>&1)" "$2"
}
base=$(ask "SELECT base FROM dev WHERE name = 'mine'")
kv=$(ask "SELECT base FROM dev WHERE name = 'kv'")
sqlite3 "$db" "INSERT INTO visit VALUES ('web', 1, 2, 3, 'b', 'sh', 1700000000000000000);
	INSERT INTO base VALUES ('half', 'x', NULL, 1, 'making');
	INSERT INTO event (at_ns, object, who, what) VALUES (1, 'dev/dusty', 'ann', 'reset')"
example "name, base, source FROM dev" "kv|$kv|src
mine|$base|web
web|web-1|src"
example "GROUP BY base" "$(printf '%s|1\n' "$base" "$kv" web-1 | sort)"
example "WITH RECURSIVE" "web-1
$base"
example "NOT IN (SELECT base FROM dev" "half
$(ask "SELECT name FROM base WHERE source = 'src' AND name NOT IN ('$base', '$kv')")"
example "'dev/' || name" "dev/web/3/upper"
example "FROM visit" "1|sh|2023-11-14 22:13:20"
example "ORDER BY id DESC LIMIT 10" "$(ask "SELECT datetime(at_ns / 1000000000, 'unixepoch'), object, who, what FROM event ORDER BY id DESC")"
check_equal "the newest of them" "$(grep -F 'ORDER BY id DESC' queries.sql | sqlite3 -readonly "$db" | sed -n 2p | cut -d '|' -f 2,4)" "dev/web|reset"
me=$(ask "SELECT who FROM event WHERE object = 'dev/web' LIMIT 1")
example "GROUP BY object, who" "dev/dusty|ann|1
dev/kv|$me|1
dev/mine|$me|1
dev/web|$me|3"
example "HAVING max(at_ns)" dev/dusty
example "object, pid FROM claim" ""
example "UNION ALL SELECT 'dev', name" "base|half|making"

# --- and those about prod
sqlite3 "$db" "INSERT INTO package VALUES ('aa11', 'web', 100, 0, 1700000000000000000, 'ready'), ('bb22', 'web', 300, 0, 1600000000000000000, 'ready');
	INSERT INTO app VALUES ('web', 'aa11', 'bb22', NULL, 1, 2);
	INSERT INTO instance VALUES ('web', '1', 'aa11', '{\"memory\":67108864,\"publish\":[\"8081:80\"]}', NULL, 'ann', 0, NULL, NULL, 'up', 1, 'ready'),
		('web', '2', 'aa11', '{\"memory\":1048576,\"publish\":[\"8082:80\",\"53:53/udp\"]}', NULL, 'ann', 0, NULL, NULL, 'up', 1, 'ready'),
		('web', '3', 'bb22', '{}', NULL, 'bob', 0, NULL, NULL, 'down', 1, 'making');
	INSERT INTO run (app, instance, package, container, state, boot, pidns, pid, conmon, restarts, begun_ns, ready_ns, ended_ns, status, oom)
		VALUES ('web', '1', 'aa11', 'c1', 'ended', 'b', 1, 10, 11, 0, 1700000000000000000, 1700000000250000000, 1700000001000000000, 137, 1),
		('web', '1', 'aa11', 'c2', 'up', 'b', 1, 12, 13, 2, 1700000002000000000, NULL, NULL, NULL, 0),
		('web', '2', 'aa11', 'c3', 'ended', 'b', 1, 14, 15, 0, 1600000000000000000, NULL, 1600000000000000000, 0, 0)"
example "substr(package, 1, 12) FROM instance WHERE wanted" "web/1|aa11
web/2|aa11"
example "WHERE state = 'ended' GROUP BY app" "web/1|137|2023-11-14 22:13:21
web/2|0|2020-09-13 12:26:40"
example "WHERE oom" "web/1|1|67108864"
example "json_each" "web/1|8081:80
web/2|53:53/udp
web/2|8082:80"
example "HAVING max(restarts)" "web/1|2"
example "sum(asked ->> 'memory')" "ann|2|68157440"
example "pid, conmon, network" "web/1|12|13|"
example "ready_ns - begun_ns" "web/1|250 ms"
example "ON digest = previous" "web|web|300|2020-09-13 12:26:40"
example "FROM package ORDER BY bytes" "bb22|300|1
aa11|100|2"
example "UNION ALL SELECT 'instance'" "base|half|making
instance|web/3|making"
check_equal "each was looked at" "$(grep -c . queries.sql)" 21

# The manual names every column there is.
for column in $(ask "SELECT DISTINCT c.name FROM sqlite_schema AS s, pragma_table_info(s.name) AS c WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite%'"); do
	grep -q "^\.Sy $column\b" "$page" || fail "sfc-state(5) does not name $column"
done
for table in $(ask "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"); do
	grep -q "^\.It Sy $table\$" "$page" || fail "sfc-state(5) does not name the table $table"
done
check_equal "the build's schema is the file's" "$(ask .schema | tr -d ' \t\n')" \
	"$(sqlite3 :memory: ".read $srcdir/stage/state/schema.sql" .schema | tr -d ' \t\n')"
if command -v mandoc >/dev/null; then
	check_equal "the manual is clean" "$(mandoc -Tlint -W warning "$page" 2>&1)" ""
fi
finish
