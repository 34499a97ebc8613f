// SPDX-License-Identifier: BSD-2-Clause
#include "stage/layer/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/text.h"
#include "stage/layer/directory.h"
#include "stage/state/rows.h"

enum { DEPTH_MAX = 200 }; /* the kernel takes 500 layers; a page of options some 200 */

void base_release(struct base *base)
{
	free(base->name);
	free(base->source);
	free(base->parent);
	*base = (struct base)BASE_INIT;
}

/* ---- finding ---- */

static int read_row(sqlite3_stmt *stmt, struct base *ret_base, struct error *err)
{
	const char *parent = column_text_or_null(stmt, 2);
	struct base base = {
		.name = strdup(column_text(stmt, 0)),
		.source = strdup(column_text(stmt, 1)),
		.parent = parent ? strdup(parent) : NULL,
		.created_ns = sqlite3_column_int64(stmt, 3),
	};

	if (!base.name || !base.source || (parent && !base.parent)) {
		base_release(&base);
		return error_oom(err);
	}
	*ret_base = base;
	return 1;
}

int base_find(struct state *state, const char *name, struct base *ret_base, struct error *err)
{
	static const char sql[] = "SELECT name, source, parent, created_ns FROM base"
				  " WHERE name = ? AND state = 'ready'";
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, name);
	r = statement_step(&state->sql, stmt, err);
	return r > 0 && ret_base ? read_row(stmt, ret_base, err) : r;
}

int base_each(struct state *state, int (*visit)(const struct base *base, void *data), void *data,
	      struct error *err)
{
	static const char sql[] = "SELECT name, source, parent, created_ns FROM base"
				  " WHERE state = 'ready' ORDER BY name";
	_cleanup_(statement_freep) sqlite3_stmt *stmt = NULL;
	int r = statement_new(&state->sql, sql, &stmt, err);

	while (r == 0 && (r = statement_step(&state->sql, stmt, err)) > 0) {
		_cleanup_(base_release) struct base base = BASE_INIT;

		r = read_row(stmt, &base, err);
		if (r > 0)
			r = visit(&base, data);
	}
	return r;
}

int base_each_unsettled(struct state *state, int (*visit)(const char *name, void *data), void *data,
			struct error *err)
{
	return rows_each_name(state, "SELECT name FROM base WHERE state <> 'ready'", visit, data, err);
}

/* Call for the base and each below it: non-zero ends it. */
static int descend(struct state *state, const char *name,
		   int (*visit)(struct state *state, const char *name, void *data, struct error *err),
		   void *data, struct error *err)
{
	_cleanup_(freep) char *at = strdup(name);
	int r = at ? 0 : error_oom(err);

	for (int depth = 0; r == 0 && at; depth++) {
		_cleanup_(base_release) struct base base = BASE_INIT;

		if (depth == DEPTH_MAX)
			return error_set(err, -ELOOP, "the base '%s' stands on too many others", name);
		r = base_find(state, at, &base, err);
		if (r == 0)
			return error_set(err, -ENOENT, "the base '%s' is gone", at);
		if (r > 0)
			r = visit(state, at, data, err);
		free(at);
		at = take(base.parent);
	}
	return r;
}

static int add_lower(struct state *state, const char *name, void *data, struct error *err)
{
	struct fds *fds = data;
	_cleanup_(freep) char *path = state_path(state, "base/%s/tree", name);
	int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;

	if (!path)
		return error_oom(err);
	if (fd < 0)
		return error_errno(err, "cannot open the base '%s'", name);
	if (array_push(fds, fd) < 0) {
		close(fd);
		return error_oom(err);
	}
	return 0;
}

int base_lowers(struct state *state, const char *name, struct fds *ret_lowers, struct error *err)
{
	_cleanup_(fds_release) struct fds lowers = ARRAY_INIT;
	int r = descend(state, name, add_lower, &lowers, err);

	if (r == 0) {
		*ret_lowers = lowers;
		lowers = (struct fds)ARRAY_INIT;
	}
	return r;
}

static int add_path(struct state *state, const char *name, void *data, struct error *err)
{
	struct text *text = data;

	(void)err;
	return text_printf(text, "%s%s/base/%s/tree", text->size ? ":" : "", state->dir, name);
}

int base_lower_paths(struct state *state, const char *name, char **ret_paths, struct error *err)
{
	struct text text = TEXT_INIT;
	int r = descend(state, name, add_path, &text, err);

	if (r == 0) {
		*ret_paths = text_take(&text);
		return *ret_paths ? 0 : error_oom(err);
	}
	text_release(&text);
	return r;
}

struct looked_for {
	const char *file;
	char *path; /* NULL: not met yet */
};

static int look_for_file(struct state *state, const char *name, void *data, struct error *err)
{
	struct looked_for *looked_for = data;
	_cleanup_(freep) char *path = state_path(state, "base/%s/%s", name, looked_for->file);

	if (!path)
		return error_oom(err);
	if (access(path, F_OK) < 0)
		return 0;
	looked_for->path = take(path);
	return 1;
}

static int nearest(struct state *state, const char *name, const char *file, char **ret_path,
		   struct error *err)
{
	struct looked_for looked_for = {.file = file};
	int r = descend(state, name, look_for_file, &looked_for, err);

	*ret_path = looked_for.path;
	return r < 0 ? r : 0;
}

int base_config(struct state *state, const char *name, char **ret_path, struct error *err)
{
	return nearest(state, name, "config.json", ret_path, err);
}

int base_image_config(struct state *state, const char *name, char **ret_path, struct error *err)
{
	return nearest(state, name, "image.json", ret_path, err);
}

/* ---- making and removing ---- */

int base_settle(struct state *state, const char *name, struct error *err)
{
	int r = rows_holds(state, "SELECT 1 FROM base WHERE name = ? AND state <> 'ready'", name, err);

	if (r > 0)
		r = directory_remove(state, "base", name, err);
	if (r == 0)
		r = rows_change(state, "DELETE FROM base WHERE name = ? AND state <> 'ready'", name, err);
	return r;
}

int base_begin(struct state *state, const char *name, const char *source, const char *parent,
	       int *ret_dirfd, struct error *err)
{
	static const char sql[] = "INSERT INTO base (name, source, parent, created_ns, state)"
				  " VALUES (?, ?, ?, ?, 'making')";
	sqlite3_stmt *stmt;
	int r = base_settle(state, name, err);

	if (r == 0)
		r = statement_get(&state->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	bind_text(stmt, 1, name);
	bind_text(stmt, 2, source);
	bind_text(stmt, 3, parent);
	bind_int(stmt, 4, clock_wall_ns());
	r = statement_run(&state->sql, stmt, err);
	return r < 0 ? r : directory_make(state, "base", name, ret_dirfd, err);
}

int base_sync(int dirfd, const char *name, struct error *err)
{
	return syncfs(dirfd) < 0 ? error_errno(err, "cannot write the base '%s'", name) : 0;
}

int base_mark_ready(struct state *state, const char *name, struct error *err)
{
	return rows_change(state, "UPDATE base SET state = 'ready' WHERE name = ?", name, err);
}

int base_finish(struct state *state, const char *name, int dirfd, struct error *err)
{
	int r = base_sync(dirfd, name, err);

	return r < 0 ? r : base_mark_ready(state, name, err);
}

/* Who stands on it, with spaces between; NULL: nobody. */
static int users_of(struct state *state, const char *name, char **ret_users, struct error *err)
{
	static const char sql[] = "SELECT group_concat(name, ' ') FROM"
				  " (SELECT name FROM dev WHERE base = ?1"
				  " UNION ALL SELECT name FROM base WHERE parent = ?1 ORDER BY 1)";
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r = statement_get(&state->sql, sql, &stmt, err);

	*ret_users = NULL;
	if (r < 0)
		return r;
	bind_text(stmt, 1, name);
	r = statement_step(&state->sql, stmt, err);
	if (r > 0 && column_text_or_null(stmt, 0)) {
		*ret_users = strdup(column_text(stmt, 0));
		if (!*ret_users)
			return error_oom(err);
	}
	return r < 0 ? r : 0;
}

/* Looked at and noted in one transaction: nobody begins to stand on what goes. */
static int begin_going(struct state *state, const char *name, struct error *err)
{
	_cleanup_(freep) char *users = NULL;
	int r = connection_begin(&state->sql, err);

	if (r < 0)
		return r;
	r = users_of(state, name, &users, err);
	if (r == 0 && users)
		r = error_set(err, -EBUSY, "the base '%s' is stood on by %s", name, users);
	if (r == 0)
		r = rows_change(state, "UPDATE base SET state = 'going' WHERE name = ?", name, err);
	if (r == 0)
		r = connection_commit(&state->sql, err);
	if (r < 0)
		connection_rollback(&state->sql);
	return r;
}

int base_remove(struct state *state, const char *name, struct error *err)
{
	int r = begin_going(state, name, err);

	return r < 0 ? r : base_settle(state, name, err);
}
