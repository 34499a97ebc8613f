// SPDX-License-Identifier: BSD-2-Clause
#include "stage/layer/visit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/process.h"
#include "stage/layer/base.h"
#include "stage/layer/directory.h"
#include "stage/mount/mount.h"
#include "stage/mount/namespace.h"
#include "stage/mount/overlay.h"
#include "stage/state/rows.h"

/* ---- the rows ---- */

int visit_note(struct state *state, const char *dev, const char *what, struct error *err)
{
	static const char sql[] = "INSERT OR REPLACE INTO visit"
				  " (dev, pid, pid_started, pidns, boot, what, since_ns)"
				  " VALUES (?, ?, ?, ?, ?, ?, ?)";
	struct process self;
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r == 0)
		r = process_note(getpid(), &self, err);
	if (r < 0)
		return r;
	bind_text(stmt, 1, dev);
	rows_bind_process(stmt, 2, &self);
	bind_text(stmt, 6, what);
	bind_int(stmt, 7, clock_wall_ns());
	return statement_run(&state->sql, stmt, err);
}

static int forget(struct state *state, const char *dev, const struct process *process,
		  struct error *err)
{
	static const char sql[] = "DELETE FROM visit WHERE dev = ? AND pid = ? AND pid_started = ?";
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, dev);
	bind_int(stmt, 2, process->pid);
	bind_int(stmt, 3, process->started);
	return statement_run(&state->sql, stmt, err);
}

int visit_end(struct state *state, const char *dev, struct error *err)
{
	struct process self;

	process_self(&self);
	return forget(state, dev, &self, err);
}

#define COLUMNS "SELECT pid, pid_started, pidns, boot, what, since_ns FROM visit"

int visit_each(struct state *state, const char *dev,
	       int (*visit)(const struct visit_row *row, void *data), void *data, struct error *err)
{
	_cleanup_(statement_freep) sqlite3_stmt *stmt = NULL;
	int r = statement_new(&state->sql, COLUMNS " WHERE dev = ? ORDER BY since_ns", &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, dev);
	while (r == 0 && (r = statement_step(&state->sql, stmt, err)) > 0) {
		struct visit_row row = {
			.pid = sqlite3_column_int64(stmt, 0),
			.what = column_text(stmt, 4),
			.since_ns = sqlite3_column_int64(stmt, 5),
		};
		struct process process;

		rows_read_process(stmt, 0, &process);
		r = process_is_alive(&process) ? visit(&row, data) : 0;
	}
	return r;
}

/* ---- joining one that is there ---- */

struct join {
	int namespace, mount;
	char path[PATH_MAX];
};

static int take_from(void *data, struct error *err)
{
	struct join *join = data;

	if (setns(join->namespace, CLONE_NEWNS) < 0)
		return error_errno(err, "cannot enter the namespace of another command in it");
	return mount_clone(AT_FDCWD, join->path, false, &join->mount, err);
}

/* 1 with its mount, 0 when it is gone by now. */
static int join_one(const struct process *visitor, const char *root, int *ret_mount,
		    struct error *err)
{
	_cleanup_(closep) int pidfd = process_open(visitor), namespace = -1;
	struct join join = {.mount = -1};
	char path[64];
	int r;

	if (pidfd < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%lld/ns/mnt", (long long)visitor->pid);
	namespace = open(path, O_RDONLY | O_CLOEXEC);
	if (namespace < 0 || !process_is_alive(visitor))
		return 0;
	join.namespace = namespace;
	snprintf(join.path, sizeof(join.path), "%s", root);
	r = namespace_aside(take_from, &join, sizeof(join), err);
	if (r < 0)
		return process_is_alive(visitor) ? r : 0;
	*ret_mount = join.mount;
	return 1;
}

/* 1 with the mount of somebody who is there, 0 when nobody is. */
static int join_any(struct state *state, const char *dev, const char *root, int *ret_mount,
		    struct error *err)
{
	_cleanup_(statement_freep) sqlite3_stmt *stmt = NULL;
	int found = 0, r = statement_new(&state->sql, COLUMNS " WHERE dev = ?", &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, dev);
	while (r == 0 && !found && (r = statement_step(&state->sql, stmt, err)) > 0) {
		struct process visitor;

		rows_read_process(stmt, 0, &visitor);
		found = join_one(&visitor, root, ret_mount, err);
		r = found < 0 ? found : 0;
	}
	return r < 0 ? r : found;
}

/* ---- mounting ---- */

static int mount_new(struct state *state, const struct dev *dev, int upper, int work, int *ret_mount,
		     struct error *err)
{
	_cleanup_(fds_release) struct fds lowers = ARRAY_INIT;
	struct overlay overlay = {.upper = upper, .work = work, .kept = true};
	int r = base_lowers(state, dev->base, &lowers, err);

	if (r < 0)
		return r;
	overlay.lower = lowers.items;
	overlay.lower_count = lowers.count;
	r = overlay_mount(&overlay, ret_mount, err);
	return r < 0 ? error_prefix(err, r, "'%s'", dev->name) : 0;
}

/* Each attempt once: somebody in it, or the lock. What is between the two is just coming or going. */
static int obtain(struct state *state, const struct dev *dev, int layer, const char *root, int *ret_mount,
		  int *ret_lock, struct error *err)
{
	_cleanup_(closep) int upper = -1, work = -1, lock = -1;
	struct error busy = ERROR_INIT;
	int r = overlay_layer_open(layer, dev->name, &upper, &work, &lock, &busy);

	if (r == 0) {
		/* any visitor's row is of the past */
		r = rows_change(state, "DELETE FROM visit WHERE dev = ?", dev->name, err);
		if (r == 0)
			r = mount_new(state, dev, upper, work, ret_mount, err);
		/* shared: who is second joins us; only who must be alone waits for it */
		if (r == 0 && flock(lock, LOCK_SH) < 0)
			r = error_errno(err, "cannot lock the layer of '%s'", dev->name);
	} else if (r == -EBUSY) {
		lock = openat(layer, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (lock < 0 || flock(lock, LOCK_SH | LOCK_NB) < 0)
			return -EBUSY;
		r = join_any(state, dev->name, root, ret_mount, err);
		r = r > 0 ? 0 : r == 0 ? -EBUSY : r;
	} else {
		error_set(err, r, "%s", busy.message);
	}
	if (r == 0)
		*ret_lock = take_fd(&lock);
	return r;
}

int visit_mount(struct state *state, const struct dev *dev, int *ret_lock, char **ret_root,
		struct error *err)
{
	enum { TRIES = 100, PAUSE_US = 50000 };
	_cleanup_(freep) char *root = state_path(state, "dev/%s/root", dev->name);
	_cleanup_(closep) int layer = -1, mount = -1, lock = -1;
	int r;

	if (!root)
		return error_oom(err);
	if (mkdir(root, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make '%s'", root);
	r = dev_layer_open(state, dev->name, dev->layer, &layer, err);
	if (r < 0)
		return r;
	for (int i = 0; i < TRIES; i++) {
		r = obtain(state, dev, layer, root, &mount, &lock, err);
		if (r != -EBUSY)
			break;
		usleep(PAUSE_US);
	}
	if (r == -EBUSY)
		return error_set(err, r, "'%s' is in use, and not by a command that could be joined",
				 dev->name);
	if (r == 0)
		r = mount_attach(mount, AT_FDCWD, root, err);
	if (r < 0)
		return r;
	*ret_lock = take_fd(&lock);
	*ret_root = take(root);
	return 0;
}
