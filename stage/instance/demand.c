// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/demand.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "stage/container/ports.h"
#include "stage/container/spawn.h"
#include "stage/instance/allow.h"
#include "stage/instance/hold.h"
#include "stage/instance/limits.h"

enum { ANSWER_S = 60, SAID_MAX = 512, TRIES = 3 };

/* ---- the holder ---- */

/* It has said that it is there by closing what it was given, or why it is not. */
static int holder_start(struct state *state, struct error *err)
{
	char self[PATH_MAX], said[SAID_MAX], limits[PATH_MAX];
	const char *const argv[] = {self, "prod", "_hold", state->dir, NULL};
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int ends[2], r;
	pid_t pid;

	if (n < 0)
		return error_errno(err, "cannot find this program");
	self[n] = '\0';
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, "cannot make a pipe");
	snprintf(limits, sizeof(limits), "SFC_LIMITS=%s", limits_path());
	r = spawn(self, argv, (const char *const[]){limits, NULL}, (const int[]){-1, -1, ends[1]}, 3, &pid, err);
	close(ends[1]);
	n = r == 0 ? io_read(ends[0], said, sizeof(said) - 1) : 0;
	close(ends[0]);
	if (r < 0 || n <= 0)
		return r;
	said[n] = '\0';
	said[strcspn(said, "\n")] = '\0';
	return error_set(err, -EIO, "nobody holds the ports: %s", said);
}

/* -ECONNREFUSED: there is none; -EPIPE: it ended meanwhile. */
static int ask(struct state *state, const char *app, struct error *err)
{
	const struct timeval patience = {.tv_sec = ANSWER_S};
	_cleanup_(closep) int fd = hold_connect(state->dirfd);
	char said[SAID_MAX];
	ssize_t n;

	if (fd < 0)
		return -ECONNREFUSED;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (send(fd, app ? app : "", app ? strlen(app) + 1 : 1, MSG_NOSIGNAL) < 0)
		return -EPIPE;
	n = recv(fd, said, sizeof(said) - 1, 0);
	if (n < 0)
		return error_errno(err, "who holds the ports does not answer");
	if (n == 0)
		return -EPIPE;
	said[n] = '\0';
	return *said ? error_set(err, -EADDRINUSE, "%s", said) : 0;
}

static int any_wanted(struct state *state, struct error *err)
{
	static const char sql[] = "SELECT 1 FROM instance WHERE wanted = 'up' AND state = 'ready'"
				  " AND json_extract(asked, '$.\"on-demand\"') LIMIT 1";
	_cleanup_(statement_freep) sqlite3_stmt *stmt = NULL;
	int r = statement_new(&state->sql, sql, &stmt, err);

	return r < 0 ? r : statement_step(&state->sql, stmt, err);
}

int demand_tell(struct state *state, const char *app, struct error *err)
{
	int r, made = 0;

	for (int tries = 0; tries < TRIES; tries++) {
		r = ask(state, app, err);
		if (r != -ECONNREFUSED && r != -EPIPE)
			return r < 0 ? r : made;
		r = any_wanted(state, err);
		if (r <= 0)
			return r;
		made = 1;
		r = holder_start(state, err);
		if (r < 0)
			return r;
	}
	return error_set(err, -EIO, "who holds the ports ends again and again");
}

/* ---- who begins to wait ---- */

/* What was chosen for the first of several is for all of them. */
static int share_ports(struct state *state, const struct start *first, struct instance *instance, struct error *err)
{
	const struct spec *spec = &first->instance.spec;

	if (first->code < 0 || !spec->on_demand || first->instance.ready)
		return 0;
	for (size_t i = 0; i < instance->spec.ports.count && i < spec->ports.count; i++)
		instance->spec.ports.items[i].host = spec->ports.items[i].host;
	return instance_change(state, instance, err);
}

static int note(struct state *state, const struct start *first, struct start *start, struct error *err)
{
	struct instance *instance = &start->instance;
	_cleanup_(freep) char *directory = NULL;
	/* for its log: it may never come up */
	int r = instance_directory(state, instance->app, instance->name, &directory, err);

	if (r == 0)
		r = connection_begin(&state->sql, err);
	if (r < 0)
		return r;
	if (start != first)
		r = share_ports(state, first, instance, err);
	if (r == 0)
		start->code = port_can_hold(&start->err);
	if (r == 0 && start->code == 0)
		start->code = allow_held(state, instance, &start->err);
	if (r == 0 && start->code == 0)
		r = instance_want(state, instance->app, instance->name, true, err);
	if (start->code == 0 && r == 0 && !instance->ready)
		r = instance_mark_ready(state, instance->app, instance->name, err);
	if (r == 0)
		r = connection_commit(&state->sql, err);
	if (r < 0)
		connection_rollback(&state->sql);
	return r;
}

static void undo(struct state *state, struct start *start)
{
	struct error err = ERROR_INIT, said = start->err;
	struct instance *instance = &start->instance;
	int r = instance->ready ? instance_want(state, instance->app, instance->name, false, &err)
				: instance_remove(state, instance->app, instance->name, &err);

	error_set(&start->err, start->code, "%s/%s: %s%s%s", instance->app, instance->name, said.message,
		  r < 0 ? "; " : "", r < 0 ? err.message : "");
}

static int sort_out(struct starts *starts, struct starts *held, struct error *err)
{
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; i < starts->count; i++) {
		struct start start = starts->items[i];

		if (r == 0 && start.instance.spec.on_demand) {
			r = array_push(held, start) < 0 ? error_oom(err) : 0;
			if (r == 0)
				continue;
		}
		starts->items[kept++] = start;
	}
	starts->count = kept;
	return r;
}

int demand_begin(struct state *state, struct starts *starts, struct starts *held, struct error *err)
{
	int r = sort_out(starts, held, err);

	for (size_t i = 0; r == 0 && i < held->count; i++)
		r = note(state, &held->items[0], &held->items[i], err);
	for (size_t i = 0; r == 0 && i < held->count; i++) {
		struct start *start = &held->items[i];

		if (start->code == 0 && demand_tell(state, start->instance.app, &start->err) < 0)
			start->code = -EADDRINUSE;
	}
	for (size_t i = 0; r == 0 && i < held->count; i++)
		if (held->items[i].code < 0)
			undo(state, &held->items[i]);
	return r;
}
