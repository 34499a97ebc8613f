// SPDX-License-Identifier: BSD-2-Clause
#include "stage/state/claim.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db/base/cleanup.h"
#include "db/base/process.h"

enum {
	PATIENCE_S = 120,
	LOOK_FIRST_MS =
	    2, /* between two looks, doubled each time: most commands take a few of these */
	LOOK_LAST_MS = 100,
};

/* ---- the row ---- */

/* 1 with its owner, 0 there is none. */
static int owner_of(struct state *state, const char *object, struct process *ret_owner,
		    struct error *err)
{
	static const char sql[] =
	    "SELECT pid, pid_started, pidns, boot FROM claim WHERE object = ?";
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, object);
	r = statement_step(&state->sql, stmt, err);
	if (r <= 0)
		return r;
	*ret_owner = (struct process){
	    .pid = sqlite3_column_int64(stmt, 0),
	    .started = sqlite3_column_int64(stmt, 1),
	    .pidns = sqlite3_column_int64(stmt, 2),
	};
	snprintf(ret_owner->boot, sizeof(ret_owner->boot), "%s", column_text(stmt, 3));
	return 1;
}

static int put(struct state *state, const char *object, struct error *err)
{
	static const char sql[] = "INSERT OR REPLACE INTO claim"
				  " (object, pid, pid_started, pidns, boot, since_ns)"
				  " VALUES (?, ?, ?, ?, ?, ?)";
	struct process self;
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	process_self(&self);
	bind_text(stmt, 1, object);
	bind_int(stmt, 2, self.pid);
	bind_int(stmt, 3, self.started);
	bind_int(stmt, 4, self.pidns);
	bind_text(stmt, 5, self.boot);
	bind_int(stmt, 6, state_now());
	return statement_run(&state->sql, stmt, err);
}

/* 1 it is ours now, 0 with its owner when somebody alive has it. */
static int attempt(struct state *state, const char *object, struct process *ret_owner,
		   struct error *err)
{
	int r = owner_of(state, object, ret_owner, err);

	/* who waits only looks; the lock is for who has a chance */
	if (r > 0 && process_is_alive(ret_owner))
		return 0;
	if (r >= 0)
		r = connection_begin(&state->sql, err);
	if (r < 0)
		return r;
	r = owner_of(state, object, ret_owner, err);
	if (r > 0 && process_is_alive(ret_owner)) {
		connection_rollback(&state->sql);
		return 0;
	}
	if (r >= 0)
		r = put(state, object, err);
	if (r == 0)
		r = connection_commit(&state->sql, err);
	if (r < 0)
		connection_rollback(&state->sql);
	return r < 0 ? r : 1;
}

/* ---- waiting ---- */

static int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int64_t patience_ms(void)
{
	const char *given = getenv("SFC_LOCK_TIMEOUT");
	double seconds = PATIENCE_S;
	char *end;

	if (given && *given) {
		seconds = strtod(given, &end);
		if (*end || !(seconds >= 0 && seconds < 1e6))
			seconds = PATIENCE_S;
	}
	return (int64_t)(seconds * 1000);
}

/* Until the owner has ended, or a while has passed: it may have given the claim back. */
static void wait_for(const struct process *owner, int64_t while_ms)
{
	_cleanup_(closep) int fd = process_open(owner);
	struct pollfd ends = {.fd = fd, .events = POLLIN};

	if (fd != -ESRCH)
		poll(&ends, fd >= 0 ? 1 : 0, (int)while_ms);
}

static int take_within(struct state *state, const char *object, int64_t limit_ms,
		       struct claim *ret_claim, struct error *err)
{
	int64_t until = clock_ms() + limit_ms, look = LOOK_FIRST_MS, left;
	struct process owner;
	int r;

	for (;;) {
		r = attempt(state, object, &owner, err);
		if (r < 0)
			return r;
		if (r > 0)
			break;
		left = until - clock_ms();
		if (left <= 0)
			return error_set(
			    err, -EBUSY,
			    "'%s' is being worked on by another sfc command (process %lld); "
			    "try again when it is done",
			    strchr(object, '/') ? strchr(object, '/') + 1 : object,
			    (long long)owner.pid);
		wait_for(&owner, look < left ? look : left);
		look = look * 2 < LOOK_LAST_MS ? look * 2 : LOOK_LAST_MS;
	}
	ret_claim->state = state;
	snprintf(ret_claim->object, sizeof(ret_claim->object), "%s", object);
	return 0;
}

int claim_take(struct state *state, const char *object, struct claim *ret_claim, struct error *err)
{
	return take_within(state, object, patience_ms(), ret_claim, err);
}

int claim_try(struct state *state, const char *object, struct claim *ret_claim, struct error *err)
{
	return take_within(state, object, 0, ret_claim, err);
}

/* What cannot be given back is nobody's as soon as we have ended. */
void claim_release(struct claim *claim)
{
	static const char sql[] =
	    "DELETE FROM claim WHERE object = ? AND pid = ? AND pid_started = ?";
	struct process self;
	sqlite3_stmt *stmt;

	if (!claim->state)
		return;
	process_self(&self);
	if (statement_get(&claim->state->sql, sql, &stmt, NULL) == 0) {
		bind_text(stmt, 1, claim->object);
		bind_int(stmt, 2, self.pid);
		bind_int(stmt, 3, self.started);
		statement_run(&claim->state->sql, stmt, NULL);
	}
	claim->state = NULL;
}
