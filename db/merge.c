// SPDX-License-Identifier: BSD-2-Clause
#include "db/merge.h"

#include <string.h>

#include "db/base/cleanup.h"
#include "db/manifest_private.h"
#include "db/session.h"

/*
 * The other manifest is attached as "other"; temp.coming maps its sessions that are new here to the
 * ids they get. Entries and programs meet by their names.
 */
#define SESSION_COLUMNS                                                                            \
	"uuid, label, kind, mode, exact, source, command, cwd, uid, gid, env, host, kernel, tool," \
	" started_ns, ended_ns"

static const char sessions_sql[] =
	"INSERT INTO main.session (id, " SESSION_COLUMNS ", state, events, dropped, problem)"
	" SELECT coming.id, " SESSION_COLUMNS ", iif(state = 'open', 'interrupted', state), events,"
	" dropped, iif(state = 'open', coalesce(problem, 'its writer died'), problem)"
	" FROM temp.coming CROSS JOIN other.session ON session.id = coming.old";

/* The rule of the entry table (schema.sql), said in SQL. */
static const char entries_sql[] =
	"INSERT INTO main.entry (path, kind, size, mode, uid, gid, mtime_ns, nlink, target, origin)"
	" SELECT path, kind, size, mode, uid, gid, mtime_ns, nlink, target, origin FROM other.entry"
	" WHERE true ORDER BY path"
	" ON CONFLICT (path) DO UPDATE SET kind = excluded.kind, size = excluded.size,"
	" mode = excluded.mode, uid = excluded.uid, gid = excluded.gid,"
	" mtime_ns = excluded.mtime_ns, nlink = excluded.nlink, target = excluded.target,"
	" origin = excluded.origin"
	" WHERE (kind IS NULL AND (excluded.kind IS NOT NULL OR"
	"  (excluded.origin = 'created' AND origin = 'source')))"
	" OR (origin = 'created' AND excluded.origin = 'source' AND excluded.kind IS NOT NULL)"
	" OR (kind = 'link' AND target IS NULL AND excluded.kind = 'link'"
	"  AND excluded.target IS NOT NULL AND origin = excluded.origin)";

static const char programs_sql[] =
	"INSERT OR IGNORE INTO main.program (exe, comm) SELECT exe, comm FROM other.program";

/* From a row `it` of theirs to the ids of the same names here. */
#define OUR_NAMES                                                                                  \
	" CROSS JOIN other.entry AS theirs ON theirs.id = it.entry"                                \
	" CROSS JOIN main.entry AS ours ON ours.path = theirs.path"                                \
	" CROSS JOIN other.program AS who ON who.id = it.program"                                  \
	" CROSS JOIN main.program AS program ON program.exe = who.exe AND program.comm = who.comm"

/* The key of access starts with the entry: one pass over it, and the few sessions looked up. */
static const char accesses_sql[] =
	"INSERT INTO main.access (entry, session, op, errno, program, count, reading, writing,"
	" executing, first_seq, first_ns, last_ns)"
	" SELECT ours.id, coming.id, it.op, it.errno, program.id, it.count, it.reading, it.writing,"
	" it.executing, it.first_seq, it.first_ns, it.last_ns"
	" FROM other.access AS it CROSS JOIN temp.coming ON coming.old = it.session" OUR_NAMES;

static const char events_sql[] =
	"INSERT INTO main.event (session, seq, ns, pid, program, op, entry, errno)"
	" SELECT coming.id, it.seq, it.ns, it.pid, program.id, it.op, ours.id, it.errno"
	" FROM temp.coming CROSS JOIN other.event AS it ON it.session = coming.old" OUR_NAMES;

static const char phases_sql[] =
	"INSERT INTO main.phase SELECT coming.id, it.name, it.ns"
	" FROM temp.coming CROSS JOIN other.phase AS it ON it.session = coming.old";

static const char learned_sql[] =
	"INSERT INTO main.learned SELECT coming.id, it.kind, it.name, it.used"
	" FROM temp.coming CROSS JOIN other.learned AS it ON it.session = coming.old";

/* A directory that is folded in one of them and whole in the other is whole. */
static const char unfold_sql[] =
	"UPDATE main.catalog SET size = 0, names = NULL, files = NULL, digest = NULL"
	" WHERE names IS NOT NULL AND path IN (SELECT path FROM other.catalog WHERE names IS NULL)";

/* What was listed before there were modes learns them. */
static const char modes_sql[] =
	"UPDATE main.catalog SET mode ="
	" (SELECT it.mode FROM other.catalog AS it WHERE it.path = main.catalog.path) WHERE mode IS NULL";

static const char catalog_sql[] =
	"INSERT OR IGNORE INTO main.catalog (path, kind, size, names, files, digest, mode)"
	" SELECT path, kind, size, names, files, digest, mode FROM other.catalog ORDER BY path";

/* A row that does not fit is one of `from`: the constraints here are those of schema.sql. */
static int run(struct manifest *into, struct manifest *from, const char *sql, uint64_t *ret_count,
	       struct error *err)
{
	int r = connection_execute(&into->sql, sql, err);

	if (r == -EUCLEAN)
		return error_set(err, r, "cannot merge '%s': %s", manifest_path(from),
				 sqlite3_errmsg(into->sql.db));
	if (r == 0 && ret_count)
		*ret_count = (uint64_t)sqlite3_changes64(into->sql.db);
	return r;
}

static int number_of(struct manifest *manifest, const char *sql, int64_t *ret_number,
		     struct error *err)
{
	_cleanup_(statement_freep) sqlite3_stmt *stmt = NULL;
	int r;

	r = statement_new(&manifest->sql, sql, &stmt, err);
	if (r == 0)
		r = statement_step(&manifest->sql, stmt, err);
	if (r < 0)
		return r;
	*ret_number = r ? sqlite3_column_int64(stmt, 0) : 0;
	return 0;
}

/* Which sessions of the other one come over; in order of their start they get the next ids. */
static int choose_sessions(struct manifest *into, const struct session_list *list,
			   struct merge_counts *counts, struct error *err)
{
	_cleanup_(statement_freep) sqlite3_stmt *known = NULL, *insert = NULL;
	int r;

	r = connection_execute(&into->sql, "DELETE FROM temp.coming", err);
	if (r == 0)
		r = statement_new(&into->sql, "SELECT 1 FROM main.session WHERE uuid = ?", &known,
				  err);
	if (r == 0)
		r = statement_new(&into->sql,
				  "INSERT INTO temp.coming (old, id) SELECT ?1, ?2 +"
				  " (SELECT coalesce(max(id), 0) FROM main.session)",
				  &insert, err);
	for (size_t i = 0; r == 0 && i < list->count; i++) {
		bind_text(known, 1, list->items[i].uuid);
		r = statement_step(&into->sql, known, err);
		statement_done(known);
		if (r < 0)
			return r;
		if (r > 0) {
			counts->known++;
			r = 0;
			continue;
		}
		if (list->items[i].state == SESSION_OPEN) {
			counts->running++;
			continue;
		}
		bind_int(insert, 1, list->items[i].id);
		bind_int(insert, 2, (int64_t)++counts->sessions);
		r = statement_run(&into->sql, insert, err);
	}
	return r;
}

/* One source, or none here to disagree with. Asked before the new sessions are in. */
static int catalogs_agree(struct manifest *into, bool *ret_agree, struct error *err)
{
	int64_t differ = 0;
	int r = number_of(into,
			  "SELECT EXISTS (SELECT 1 FROM main.catalog)"
			  " AND EXISTS (SELECT 1 FROM other.catalog)"
			  " AND (SELECT count(DISTINCT source) FROM"
			  "  (SELECT source FROM main.session UNION SELECT source FROM other.session))"
			  " > 1",
			  &differ, err);

	*ret_agree = !differ;
	return r;
}

static int merge_tables(struct manifest *into, struct manifest *from,
			const struct session_list *list, struct merge_counts *counts,
			struct error *err)
{
	int64_t before = 0, after = 0;
	bool agree = false;
	int r;

	r = choose_sessions(into, list, counts, err);
	if (r == 0)
		r = catalogs_agree(into, &agree, err);
	if (r == 0)
		r = number_of(into, "SELECT count(*) FROM main.entry", &before, err);
	if (r == 0 && counts->sessions) {
		r = run(into, from, sessions_sql, NULL, err);
		if (r == 0)
			r = run(into, from, entries_sql, NULL, err);
		if (r == 0)
			r = run(into, from, programs_sql, NULL, err);
		if (r == 0)
			r = run(into, from, accesses_sql, &counts->accesses, err);
		if (r == 0)
			r = run(into, from, events_sql, &counts->events, err);
		if (r == 0)
			r = run(into, from, phases_sql, NULL, err);
		if (r == 0)
			r = run(into, from, learned_sql, NULL, err);
	}
	if (r == 0 && agree)
		r = run(into, from, unfold_sql, NULL, err);
	if (r == 0 && agree)
		r = run(into, from, modes_sql, NULL, err);
	if (r == 0 && agree)
		r = run(into, from, catalog_sql, &counts->catalog, err);
	if (r == 0)
		r = number_of(into, "SELECT count(*) FROM main.entry", &after, err);
	counts->entries = (uint64_t)(after - before);
	counts->catalog_differs = !agree;
	return r;
}

static int attach(struct manifest *into, struct manifest *from, struct error *err)
{
	_cleanup_(statement_freep) sqlite3_stmt *stmt = NULL;
	int r;

	r = statement_new(&into->sql, "ATTACH ? AS other", &stmt, err);
	if (r < 0)
		return r;
	bind_text(stmt, 1, from->sql.uri);
	if (statement_step(&into->sql, stmt, NULL) < 0)
		return error_set(err, -EIO, "cannot read manifest '%s': %s", manifest_path(from),
				 sqlite3_errmsg(into->sql.db));
	return connection_execute(&into->sql,
				  "CREATE TEMP TABLE IF NOT EXISTS coming"
				  " (old INTEGER PRIMARY KEY, id INTEGER)",
				  err);
}

int manifest_merge(struct manifest *into, struct manifest *from, struct merge_counts *ret_counts,
		   struct error *err)
{
	_cleanup_(session_list_release) struct session_list list = {0};
	struct merge_counts counts = {0};
	int r;

	if (into == from || (into->sql.dev == from->sql.dev && into->sql.ino == from->sql.ino))
		return error_set(err, -EINVAL, "cannot merge '%s' into itself", manifest_path(into));
	r = session_list_read(from, &list, err);
	if (r == 0)
		r = attach(into, from, err);
	/* the other rows were written by who knows whom */
	if (r == 0)
		r = connection_execute(&into->sql, "PRAGMA ignore_check_constraints = OFF", err);
	if (r == 0)
		r = manifest_begin(into, err);
	if (r == 0)
		r = merge_tables(into, from, &list, &counts, err);
	if (r == 0)
		r = manifest_commit(into, err);
	manifest_rollback(into); /* nothing to roll back after a commit; the ids are looked up anew */
	sqlite3_exec(into->sql.db,
		     "DROP TABLE IF EXISTS temp.coming; DETACH other;"
		     "PRAGMA ignore_check_constraints = ON",
		     NULL, NULL, NULL);
	if (r == 0 && ret_counts)
		*ret_counts = counts;
	return r;
}
