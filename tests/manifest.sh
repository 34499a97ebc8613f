# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # srcdir is set by lib.sh, which is sourced first
# For tests that need a manifest and no trace.

# manifest FILE ROOT PATH…: one session that opened these, as they are in the root.
manifest() {
	file=$1 root=$2
	shift 2
	{
		cat "$srcdir/db/schema.sql"
		echo "INSERT INTO program VALUES (1, '/bin/sh', 'sh');
		INSERT INTO session (id, uuid, label, kind, mode, source, command, host, kernel, tool, started_ns, ended_ns, state)
		VALUES (1, '0b0e7c5c-94a5-4a3e-9d6c-000000000001', 'l', 'test', 'every', '$root', '[\"/bin/sh\"]',
			'h', 'k', 't', 1000000000000000000, 1000000001000000000, 'complete');"
		i=0
		for path; do
			i=$((i + 1))
			mode=$((0$(stat -c %a "$root$path")))
			ns=$(stat -c %.9Y "$root$path" | tr -d .)
			stat -c "INSERT INTO entry (id, path, kind, size, mode, uid, gid, mtime_ns, nlink)
				VALUES ($i, '$path', 'file', %s, $mode, %u, %g, $ns, 1);" "$root$path"
			echo "INSERT INTO access (entry, session, op, errno, program, count, reading, first_seq, first_ns, last_ns)
				VALUES ($i, 1, 'open', 0, 1, 1, 1, $i, 1000000000000000000, 1000000000000000000);"
		done
	} | sqlite3 "$file" || fail "cannot make $file"
}
