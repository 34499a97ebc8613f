// SPDX-License-Identifier: BSD-2-Clause
#include "stage/state/claim.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/process.h"
#include "stage/state/rows.h"

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
	rows_read_process(stmt, 0, ret_owner);
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

	if (r == 0)
		r = process_note(getpid(), &self, err);
	if (r < 0)
		return r;
	bind_text(stmt, 1, object);
	rows_bind_process(stmt, 2, &self);
	bind_int(stmt, 6, clock_wall_ns());
	return statement_run(&state->sql, stmt, err);
}

/* 1 somebody alive has one of them: which and who. 0 nobody has any. */
static int taken(struct state *state, const char *const *objects, size_t count, size_t *ret_which,
		 struct process *ret_owner, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		int r = owner_of(state, objects[i], ret_owner, err);

		if (r < 0)
			return r;
		if (r > 0 && process_is_alive(ret_owner)) {
			*ret_which = i;
			return 1;
		}
	}
	return 0;
}

/* 1 they are ours now, 0 with the owner of one when somebody alive has it. */
static int attempt(struct state *state, const char *const *objects, size_t count, size_t *ret_which,
		   struct process *ret_owner, struct error *err)
{
	/* who waits only looks; the lock is for who has a chance */
	int r = taken(state, objects, count, ret_which, ret_owner, err);

	if (r == 0)
		r = state_begin_lightly(state, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = taken(state, objects, count, ret_which, ret_owner, err);
	if (r > 0) {
		state_rollback_lightly(state);
		return 0;
	}
	for (size_t i = 0; r == 0 && i < count; i++)
		r = put(state, objects[i], err);
	if (r < 0) {
		state_rollback_lightly(state);
		return r;
	}
	r = state_commit_lightly(state, err);
	return r < 0 ? r : 1;
}

/* ---- waiting ---- */

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

static int refuse(const char *object, const struct process *owner, struct error *err)
{
	return error_set(err, -EBUSY,
			 "'%s' is being worked on by another sfc command (process %lld); "
			 "try again when it is done",
			 strchr(object, '/') ? strchr(object, '/') + 1 : object,
			 (long long)owner->pid);
}

static int take_within(struct state *state, const char *const *objects, size_t count,
		       int64_t limit_ms, struct error *err)
{
	int64_t until = clock_steady_ms() + limit_ms, look = LOOK_FIRST_MS, left;
	struct process owner;
	size_t which = 0;
	int r;

	while ((r = attempt(state, objects, count, &which, &owner, err)) == 0) {
		left = until - clock_steady_ms();
		if (left <= 0)
			return refuse(objects[which], &owner, err);
		wait_for(&owner, look < left ? look : left);
		look = look * 2 < LOOK_LAST_MS ? look * 2 : LOOK_LAST_MS;
	}
	return r < 0 ? r : 0;
}

static int take_one(struct state *state, const char *object, int64_t limit_ms,
		    struct claim *ret_claim, struct error *err)
{
	int r = take_within(state, &object, 1, limit_ms, err);

	if (r < 0)
		return r;
	ret_claim->state = state;
	snprintf(ret_claim->object, sizeof(ret_claim->object), "%s", object);
	return 0;
}

int claim_take(struct state *state, const char *object, struct claim *ret_claim, struct error *err)
{
	return take_one(state, object, patience_ms(), ret_claim, err);
}

int claim_try(struct state *state, const char *object, struct claim *ret_claim, struct error *err)
{
	return take_one(state, object, 0, ret_claim, err);
}

int claim_take_all(struct state *state, const char *const *objects, size_t count,
		   struct claims *claims, struct error *err)
{
	size_t before = claims->count;
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		struct claim claim = {.state = state};

		snprintf(claim.object, sizeof(claim.object), "%s", objects[i]);
		r = array_push(claims, claim);
	}
	r = r < 0 ? error_oom(err) : take_within(state, objects, count, patience_ms(), err);
	if (r < 0)
		claims->count = before;
	return r;
}

/* ---- giving back ---- */

static void give_back(const struct claim *claim, const struct process *self)
{
	static const char sql[] =
	    "DELETE FROM claim WHERE object = ? AND pid = ? AND pid_started = ?";
	sqlite3_stmt *stmt;

	if (statement_get(&claim->state->sql, sql, &stmt, NULL) < 0)
		return;
	bind_text(stmt, 1, claim->object);
	bind_int(stmt, 2, self->pid);
	bind_int(stmt, 3, self->started);
	statement_run(&claim->state->sql, stmt, NULL);
}

/* What cannot be given back is nobody's as soon as we have ended. */
void claim_release(struct claim *claim)
{
	struct claims one = {claim, 1, 0};

	claims_release(&one);
	claim->state = NULL;
}

void claims_release(struct claims *claims)
{
	struct state *state = claims->count ? claims->items[0].state : NULL;
	struct process self;

	if (state && state_begin_lightly(state, NULL) == 0) {
		process_self(&self);
		for (size_t i = 0; i < claims->count; i++)
			give_back(&claims->items[i], &self);
		state_commit_lightly(state, NULL);
	}
	if (claims->capacity)
		array_release(claims);
	claims->count = 0;
}
