// SPDX-License-Identifier: BSD-2-Clause
#include "db/entry.h"

#include <string.h>

#include "db/base/cleanup.h"
#include "db/entry_table.h"
#include "db/manifest_private.h"

static const char *const kind_names[] = {
	[ENTRY_FILE] = "file",   [ENTRY_DIR] = "dir",   [ENTRY_LINK] = "link",
	[ENTRY_CHAR] = "char",   [ENTRY_BLOCK] = "block", [ENTRY_FIFO] = "fifo",
	[ENTRY_SOCKET] = "socket",
};

enum entry_kind entry_kind_of_mode(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return ENTRY_FILE;
	case S_IFDIR:
		return ENTRY_DIR;
	case S_IFLNK:
		return ENTRY_LINK;
	case S_IFCHR:
		return ENTRY_CHAR;
	case S_IFBLK:
		return ENTRY_BLOCK;
	case S_IFIFO:
		return ENTRY_FIFO;
	case S_IFSOCK:
		return ENTRY_SOCKET;
	default:
		return ENTRY_UNKNOWN;
	}
}

const char *entry_kind_name(enum entry_kind kind)
{
	return kind > ENTRY_MISSING && kind < ENTRY_UNKNOWN ? kind_names[kind] : NULL;
}

enum entry_kind entry_kind_of_name(const char *name)
{
	if (!name)
		return ENTRY_MISSING;
	for (int kind = ENTRY_FILE; kind < ENTRY_UNKNOWN; kind++)
		if (!strcmp(name, kind_names[kind]))
			return (enum entry_kind)kind;
	return ENTRY_UNKNOWN;
}

void found_from_stat(const struct stat *st, enum entry_origin origin, struct found *ret_found)
{
	*ret_found = (struct found){
		.kind = entry_kind_of_mode(st->st_mode),
		.origin = origin,
		.size = (uint64_t)st->st_size,
		.mode = st->st_mode & 07777,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.mtime_ns = st->st_mtim.tv_sec * INT64_C(1000000000) + st->st_mtim.tv_nsec,
		.nlink = (uint32_t)st->st_nlink,
	};
}

/* What the manifest knows of an entry already, as far as it decides what more it can learn. */
enum {
	KNOWN = 1 << 0,         /* its kind */
	CREATED = 1 << 1,       /* by a run */
	TARGETLESS = 1 << 2,    /* a link whose target nobody read */
	STALE = 1 << 3,         /* what an earlier mount found; this one has not used it yet */
};

static bool found_something(const struct found *found)
{
	return found && entry_kind_name(found->kind);
}

static bool found_created(const struct found *found)
{
	return found && found->kind != ENTRY_MISSING && found->origin == ENTRY_CREATED;
}

static unsigned int state_of(const struct found *found)
{
	return (found_something(found) ? KNOWN : 0) | (found_created(found) ? CREATED : 0) |
	       (found && found->kind == ENTRY_LINK && !found->target ? TARGETLESS : 0);
}

/* schema.sql says at the table which of two sightings is kept. */
static bool is_better(unsigned int state, const struct found *found)
{
	if (!(state & KNOWN))
		return found_something(found) || (found_created(found) && !(state & CREATED));
	return (state & (CREATED | STALE)) && found_something(found) && !found_created(found);
}

/* Parameters are NULL until they are bound. */
static void bind_owner(sqlite3_stmt *stmt, int place, uint32_t id)
{
	if (id != OWNER_UNKNOWN)
		bind_int(stmt, place, id);
}

static uint32_t column_owner(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt, column) == SQLITE_NULL
		       ? OWNER_UNKNOWN
		       : (uint32_t)sqlite3_column_int64(stmt, column);
}

static void bind_found(sqlite3_stmt *stmt, const struct found *found)
{
	bind_text(stmt, 10, found_created(found) ? "created" : "source");
	if (!found_something(found))
		return; /* the rest is NULL */
	bind_text(stmt, 2, entry_kind_name(found->kind));
	bind_int(stmt, 3, (int64_t)found->size);
	bind_int(stmt, 4, found->mode);
	bind_owner(stmt, 5, found->uid);
	bind_owner(stmt, 6, found->gid);
	bind_int(stmt, 7, found->mtime_ns);
	bind_int(stmt, 8, found->nlink);
	bind_text(stmt, 9, found->target);
}

static int entry_insert(struct manifest *manifest, const char *path, const struct found *found,
			int64_t *ret_id, struct error *err)
{
	static const char sql[] = "INSERT INTO entry (path, kind, size, mode, uid, gid, mtime_ns,"
				  " nlink, target, origin) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	sqlite3_stmt *stmt;
	int r;

	r = statement_get(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	bind_text(stmt, 1, path);
	bind_found(stmt, found);
	r = statement_run(&manifest->sql, stmt, err);
	if (r == 0)
		*ret_id = sqlite3_last_insert_rowid(manifest->sql.db);
	return r;
}

static int entry_replace(struct manifest *manifest, int64_t id, const struct found *found,
			 struct error *err)
{
	static const char sql[] =
		"UPDATE entry SET kind = ?2, size = ?3, mode = ?4, uid = ?5, gid = ?6, mtime_ns = ?7,"
		" nlink = ?8, target = iif(?9 IS NULL AND mtime_ns IS ?7, target, ?9), origin = ?10"
		" WHERE id = ?1";
	sqlite3_stmt *stmt;
	int r;

	r = statement_get(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	bind_int(stmt, 1, id);
	bind_found(stmt, found);
	return statement_run(&manifest->sql, stmt, err);
}

static int entry_set_target(struct manifest *manifest, int64_t id, const char *target,
			    struct error *err)
{
	static const char sql[] = "UPDATE entry SET target = ? WHERE id = ?";
	sqlite3_stmt *stmt;
	int r;

	r = statement_get(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	bind_text(stmt, 1, target);
	bind_int(stmt, 2, id);
	return statement_run(&manifest->sql, stmt, err);
}

/* 1 with id and state, 0 when there is no such entry. */
static int entry_state(struct manifest *manifest, const char *path, int64_t *ret_id,
		       unsigned int *ret_state, struct error *err)
{
	static const char sql[] =
		"SELECT id, (kind IS NOT NULL) * 1 + (origin = 'created') * 2"
		" + (kind IS 'link' AND target IS NULL) * 4"
		" + (id <= ?2 AND NOT EXISTS (SELECT 1 FROM access"
		"    WHERE access.entry = entry.id AND access.session >= ?3)) * 8"
		" FROM entry WHERE path = ?1";
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r;

	r = statement_get(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	bind_text(stmt, 1, path);
	bind_int(stmt, 2, manifest->old_entries);
	bind_int(stmt, 3, manifest->first_session);
	r = statement_step(&manifest->sql, stmt, err);
	if (r > 0) {
		*ret_id = sqlite3_column_int64(stmt, 0);
		*ret_state = (unsigned int)sqlite3_column_int(stmt, 1);
	}
	return r;
}

/* Let an entry learn what was found; *state follows. */
static int entry_learn(struct manifest *manifest, int64_t id, unsigned int *state,
		       const struct found *found, struct error *err)
{
	int r;

	if (is_better(*state, found)) {
		r = entry_replace(manifest, id, found, err);
		if (r == 0)
			*state = state_of(found);
		return r;
	}
	if ((*state & TARGETLESS) && found && found->kind == ENTRY_LINK && found->target &&
	    !(*state & CREATED) == !found_created(found)) {
		r = entry_set_target(manifest, id, found->target, err);
		if (r == 0)
			*state &= ~(unsigned int)TARGETLESS;
		return r;
	}
	return 0;
}

int entry_intern(struct manifest *manifest, const char *path, const struct found *found,
		 int64_t *ret_id, struct error *err)
{
	size_t size = strlen(path);
	struct cache_slot *slot = cache_find(&manifest->entries, path, size);
	unsigned int state;
	int r;

	if (slot) {
		*ret_id = slot->id;
		return entry_learn(manifest, slot->id, &slot->state, found, err);
	}
	r = entry_state(manifest, path, ret_id, &state, err);
	if (r < 0)
		return r;
	if (r > 0) {
		r = entry_learn(manifest, *ret_id, &state, found, err);
	} else {
		r = entry_insert(manifest, path, found, ret_id, err);
		state = state_of(found);
	}
	if (r == 0)
		cache_put(&manifest->entries, path, size, *ret_id, state);
	return r;
}

void entry_read(sqlite3_stmt *stmt, int column, struct entry *ret_entry)
{
	const char *kind = column_text_or_null(stmt, column + 2);

	*ret_entry = (struct entry){
		.id = sqlite3_column_int64(stmt, column),
		.path = column_text(stmt, column + 1),
		.found = {
			.kind = entry_kind_of_name(kind),
			.size = column_count(stmt, column + 3),
			.mode = (uint32_t)sqlite3_column_int64(stmt, column + 4) & 07777,
			.uid = column_owner(stmt, column + 5),
			.gid = column_owner(stmt, column + 6),
			.mtime_ns = sqlite3_column_int64(stmt, column + 7),
			.nlink = (uint32_t)sqlite3_column_int64(stmt, column + 8),
			.target = column_text_or_null(stmt, column + 9),
			.origin = strcmp(column_text(stmt, column + 10), "created") == 0
					  ? ENTRY_CREATED
					  : ENTRY_SOURCE,
		},
	};
}

int entry_find(struct manifest *manifest, const char *path, struct entry *ret_entry,
	       struct error *err)
{
	static const char sql[] = "SELECT " ENTRY_COLUMNS " FROM entry WHERE path = ?";
	sqlite3_stmt *stmt;
	int r;

	r = statement_get(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	statement_done(stmt); /* the row of the last call was lent until now */
	bind_text(stmt, 1, path);
	r = statement_step(&manifest->sql, stmt, err);
	if (r > 0)
		entry_read(stmt, 0, ret_entry);
	else
		statement_done(stmt);
	return r;
}
