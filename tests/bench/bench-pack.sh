#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# How long tracepack takes to answer about a large manifest: build --dry-run, stat, why, why-not, ls,
# impact, report, and diff and merge with a second one, on a source of BENCH_ENTRIES files (200,000) that
# a session used all. Each is held against a peer that does the least such an answer needs, run in turn
# with it: reading every file (tar), looking at each (find), reading, comparing or copying every row
# (sqlite3). Medians of BENCH_RUNS (3). --json for machines.
. "${srcdir:-.}/tests/lib.sh"
requires sqlite3 --version

entries=${BENCH_ENTRIES:-200000}
runs=${BENCH_RUNS:-3}
json=
[ "${1:-}" != --json ] || json=1

mkdir root
made=0
while [ "$made" -lt "$entries" ]; do
	mkdir "root/$made"
	(cd "root/$made" && seq 1000 | split -l 1 -d -a 4 - f)
	made=$((made + 1000))
done

{
	cat "$srcdir/db/schema.sql"
	echo "BEGIN;"
	echo "INSERT INTO session (id, uuid, label, kind, mode, source, host, kernel, tool, started_ns,
		ended_ns, state) VALUES (1, '00000000-0000-4000-8000-000000000001', 'all', 'test', 'every',
		'$dir/root', 'h', 'k', 't', 1, 2, 'complete');"
	echo "INSERT INTO program VALUES (1, '/bin/all', 'all');"
	find root -type f -printf \
		"INSERT INTO entry (path, kind, size, mode, uid, gid, mtime_ns, nlink) VALUES ('/%P', 'file', %s, %m, %U, %G, 0, 1);\n"
	echo "INSERT INTO access (session, entry, op, errno, program, count, reading, first_seq, first_ns, last_ns)
		SELECT 1, id, 'open', 0, 1, 1, 1, id, id, id FROM entry;"
	echo "INSERT INTO catalog (path, kind, size) SELECT path, kind, size FROM entry;"
	echo "COMMIT;"
} | sqlite3 m.db

now() {
	date +%s%N
}

# timed COMMAND…: milliseconds
timed() {
	from=$(now)
	"$@" >/dev/null 2>&1 || echo "FAIL: $*" >&2
	echo $((($(now) - from) / 1000000))
}

median() {
	sort -n | sed -n "$(((runs + 1) / 2))p"
}

# Another session, which used a hundredth less and found a tenth larger.
cp m.db n.db
sqlite3 n.db "UPDATE session SET uuid = '00000000-0000-4000-8000-000000000002', label = 'other';
	UPDATE entry SET size = size + 1 WHERE id % 10 = 0;
	DELETE FROM access WHERE entry % 100 = 0;"

files() { tar -cf - root | wc -c; }
lstat() { find root -printf '%s %T@ %p\n'; }
rows() { sqlite3 m.db 'SELECT * FROM needed'; }
except() {
	sqlite3 m.db "ATTACH 'n.db' AS n;
		SELECT path, size FROM entry EXCEPT SELECT path, size FROM n.entry;
		SELECT path, size FROM n.entry EXCEPT SELECT path, size FROM entry;"
}
copy() {
	rm -f copy.db
	sqlite3 m.db "VACUUM INTO 'copy.db'"
}

merge() {
	rm -f merged.db*
	tracepack merge -q merged.db m.db n.db
}

measure() {
	what=$1 peer=$2
	shift 2
	: >ours
	: >theirs
	run=0
	while [ "$run" -lt "$runs" ]; do
		timed "$@" >>ours
		timed "$peer" >>theirs
		run=$((run + 1))
	done
	mine=$(median <ours) other=$(median <theirs)
	if [ -n "$json" ]; then
		printf '{"what": "%s", "entries": %s, "ms": %s, "peer": "%s", "peer_ms": %s}\n' \
			"$what" "$entries" "$mine" "$peer" "$other"
	else
		printf '%-10s %8s ms   %-9s %8s ms   ratio %s\n' "$what" "$mine" "$peer" "$other" \
			"$(echo "$mine $other" | awk '{ printf "%.2f", $1 / ($2 ? $2 : 1) }')"
	fi
}

measure build files tracepack build m.db -s root -n -q --level 1
measure stat rows tracepack stat m.db
measure why rows tracepack why m.db -s root /0/f0500
measure why-not rows tracepack why-not m.db -s root /none
measure ls rows tracepack ls -l m.db
measure diff except tracepack diff m.db n.db
measure impact lstat tracepack impact m.db -s root
measure merge copy merge
measure report rows tracepack report m.db -s root -f -o report.html
