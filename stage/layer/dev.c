// SPDX-License-Identifier: BSD-2-Clause
#include "stage/layer/dev.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "stage/layer/base.h"
#include "stage/layer/directory.h"
#include "stage/state/rows.h"

void dev_release(struct dev *dev)
{
	free(dev->name);
	free(dev->base);
	free(dev->source);
	*dev = (struct dev)DEV_INIT;
}

/* ---- finding ---- */

#define COLUMNS "SELECT name, base, source, layer, created_ns FROM dev WHERE state = 'ready'"

static int read_row(sqlite3_stmt *stmt, struct dev *ret_dev, struct error *err)
{
	struct dev dev = {
		.name = strdup(column_text(stmt, 0)),
		.base = strdup(column_text(stmt, 1)),
		.source = strdup(column_text(stmt, 2)),
		.layer = sqlite3_column_int64(stmt, 3),
		.created_ns = sqlite3_column_int64(stmt, 4),
	};

	if (!dev.name || !dev.base || !dev.source) {
		dev_release(&dev);
		return error_oom(err);
	}
	*ret_dev = dev;
	return 1;
}

int dev_find(struct state *state, const char *name, struct dev *ret_dev, struct error *err)
{
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r = statement_get(&state->sql, COLUMNS " AND name = ?", &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, name);
	r = statement_step(&state->sql, stmt, err);
	return r > 0 && ret_dev ? read_row(stmt, ret_dev, err) : r;
}

int dev_must_exist(struct state *state, const char *name, struct dev *ret_dev, struct error *err)
{
	int r = dev_find(state, name, ret_dev, err);

	if (r == 0)
		return error_set(err, -ENOENT, "there is no '%s'; 'sfc dev list' shows what there is",
				 name);
	return r < 0 ? r : 0;
}

int dev_each(struct state *state, int (*visit)(const struct dev *dev, void *data), void *data,
	     struct error *err)
{
	_cleanup_(statement_freep) sqlite3_stmt *stmt = NULL;
	int r = statement_new(&state->sql, COLUMNS " ORDER BY name", &stmt, err);

	while (r == 0 && (r = statement_step(&state->sql, stmt, err)) > 0) {
		_cleanup_(dev_release) struct dev dev = DEV_INIT;

		r = read_row(stmt, &dev, err);
		if (r > 0)
			r = visit(&dev, data);
	}
	return r;
}

int dev_each_ready(struct state *state, int (*visit)(const char *name, void *data), void *data,
		   struct error *err)
{
	return rows_each_name(state, "SELECT name FROM dev WHERE state = 'ready'", visit, data, err);
}

int dev_each_unsettled(struct state *state, int (*visit)(const char *name, void *data), void *data,
		       struct error *err)
{
	return rows_each_name(state, "SELECT name FROM dev WHERE state <> 'ready'", visit, data, err);
}

/* ---- making and removing ---- */

static int is_number(const char *name, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, number);
	return strcmp(name, text) == 0;
}

/* Layers that the row does not name: of a commit or reset that was killed before or after its change. */
static int remove_other_layers(struct state *state, const struct dev *dev, struct error *err)
{
	_cleanup_(closedirp) DIR *dir = NULL;
	struct dirent *item;
	int fd, r = directory_open(state, "dev", dev->name, &fd, err);

	if (r < 0)
		return r;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return error_oom(err);
	}
	while (r == 0 && (item = readdir(dir))) {
		if (item->d_name[0] == '.' || strcmp(item->d_name, "root") == 0 ||
		    strcmp(item->d_name, "run") == 0 || is_number(item->d_name, dev->layer))
			continue;
		r = directory_remove_at(dirfd(dir), item->d_name, item->d_name, err);
	}
	return r;
}

int dev_settle(struct state *state, const char *name, struct error *err)
{
	_cleanup_(dev_release) struct dev dev = DEV_INIT;
	int r = dev_find(state, name, &dev, err);

	if (r > 0)
		return remove_other_layers(state, &dev, err);
	if (r == 0)
		r = rows_holds(state, "SELECT 1 FROM dev WHERE name = ?", name, err);
	if (r > 0)
		r = directory_remove(state, "dev", name, err);
	if (r == 0)
		r = rows_change(state, "DELETE FROM dev WHERE name = ? AND state <> 'ready'", name, err);
	return r;
}

static int insert(struct state *state, const char *name, const char *base, const char *source,
		  struct error *err)
{
	static const char sql[] = "INSERT INTO dev (name, base, source, created_ns, state)"
				  " VALUES (?, ?, ?, ?, 'making')";
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, name);
	bind_text(stmt, 2, base);
	bind_text(stmt, 3, source);
	bind_int(stmt, 4, clock_wall_ns());
	return statement_run(&state->sql, stmt, err);
}

int dev_begin(struct state *state, const char *name, const char *base, const char *source,
	      struct error *err)
{
	_cleanup_(closep) int fd = -1;
	int r = connection_begin(&state->sql, err);

	if (r < 0)
		return r;
	r = base_find(state, base, NULL, err);
	if (r == 0)
		r = error_set(err, -ENOENT, "the base '%s' was removed meanwhile; try again", base);
	if (r > 0)
		r = insert(state, name, base, source, err);
	if (r == 0)
		r = connection_commit(&state->sql, err);
	if (r < 0) {
		connection_rollback(&state->sql);
		return r;
	}
	return directory_make(state, "dev", name, &fd, err);
}

int dev_mark_ready(struct state *state, const char *name, struct error *err)
{
	return rows_change(state, "UPDATE dev SET state = 'ready' WHERE name = ?", name, err);
}

int dev_remove(struct state *state, const char *name, struct error *err)
{
	int r = rows_change(state, "UPDATE dev SET state = 'going' WHERE name = ?", name, err);

	return r < 0 ? r : dev_settle(state, name, err);
}

/* ---- layers ---- */

int dev_layer_open(struct state *state, const char *name, int64_t number, int *ret_fd,
		   struct error *err)
{
	_cleanup_(freep) char *path = state_path(state, "dev/%s/%" PRId64, name, number);
	int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;

	if (!path)
		return error_oom(err);
	if (fd < 0)
		return error_errno(err, "cannot open the layer of '%s'", name);
	*ret_fd = fd;
	return 0;
}

static int make_upper(int layer, const struct stat *like)
{
	if (mkdirat(layer, "upper", 0700) < 0 || mkdirat(layer, "work", 0700) < 0 ||
	    fchownat(layer, "upper", like->st_uid, like->st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(layer, "upper", like->st_mode & 07777, 0) < 0)
		return -errno;
	return 0;
}

int dev_layer_make(struct state *state, const char *name, int64_t number, const char *base,
		   int *ret_fd, struct error *err)
{
	_cleanup_(freep) char *tree = state_path(state, "base/%s/tree", base);
	_cleanup_(closep) int parent = -1, layer = -1;
	char text[24];
	struct stat like;
	int r;

	if (!tree)
		return error_oom(err);
	if (stat(tree, &like) < 0)
		return error_errno(err, "cannot look at the base '%s'", base);
	snprintf(text, sizeof(text), "%" PRId64, number);
	r = directory_open(state, "dev", name, &parent, err);
	if (r == 0)
		r = directory_remove_at(parent, text, text, err);
	if (r < 0)
		return r;
	if (mkdirat(parent, text, 0700) < 0)
		return error_errno(err, "cannot make a layer of '%s'", name);
	r = dev_layer_open(state, name, number, &layer, err);
	if (r < 0)
		return r;
	r = make_upper(layer, &like);
	if (r < 0)
		return error_code(err, r, "cannot make a layer of '%s'", name);
	*ret_fd = take_fd(&layer);
	return 0;
}

int dev_layer_switch(struct state *state, const char *name, const char *base, int64_t number,
		     struct error *err)
{
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, "UPDATE dev SET base = ?, layer = ? WHERE name = ?", &stmt,
			      err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, base);
	bind_int(stmt, 2, number);
	bind_text(stmt, 3, name);
	return statement_run(&state->sql, stmt, err);
}

int dev_in_use(struct state *state, const struct dev *dev, bool *ret_in_use, struct error *err)
{
	_cleanup_(closep) int fd = -1;
	int r = dev_layer_open(state, dev->name, dev->layer, &fd, err);

	if (r < 0)
		return r;
	*ret_in_use = flock(fd, LOCK_EX | LOCK_NB) < 0;
	return 0;
}
