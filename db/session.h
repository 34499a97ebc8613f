/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A session: one run under trace, from mount to unmount. Its writer begins it, records accesses into
 * it (db/access.h) and ends it; anybody may list sessions afterwards.
 */
#ifndef DB_SESSION_H
#define DB_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/manifest.h"

#define SESSION_UUID_SIZE 37 /* 36 characters and the terminator */

enum session_kind { SESSION_TEST, SESSION_PROD };
enum session_mode { SESSION_EVERY, SESSION_FIRST };
enum session_state { SESSION_OPEN, SESSION_COMPLETE, SESSION_INTERRUPTED };

/* What is known at the start. Strings are borrowed for the call; NULL where "or NULL" is said. */
struct session_start {
	const char *label;
	enum session_kind kind;
	enum session_mode mode;
	bool exact;          /* counts are exact; false: lower bounds */
	const char *source;  /* the traced root as the host names it */
	const char *command; /* JSON array, or NULL */
	const char *cwd;     /* or NULL */
	int64_t uid, gid;    /* of the start; -1 unknown */
	const char *env;     /* JSON object, or NULL */
	const char *tool;    /* "tracefs 0.1.0" */
};

/*
 * Write a new session in state `open`, with this process as its writer; uuid, host, kernel and time
 * are filled in. *ret_id is its row. Opens and commits a transaction of its own.
 */
int session_begin(struct manifest *manifest, const struct session_start *start, int64_t *ret_id,
		  struct error *err);

/*
 * Add what was seen since the last time; inside or outside a transaction. `problem` (or NULL) says
 * why the session is not whole and is kept once set.
 */
int session_note(struct manifest *manifest, int64_t id, uint64_t more_events,
		 uint64_t more_dropped, const char *problem, struct error *err);

/* How it was started, when that is known only later (sfc starts the command after the mount). */
int session_describe(struct manifest *manifest, int64_t id, const struct session_start *start,
		     struct error *err);

/* Nothing more is seen: what comes now is its end. Inside or outside a transaction. */
int session_ending(struct manifest *manifest, int64_t id, struct error *err);

/* complete, or interrupted when something was dropped or went wrong. Writes ended_ns; pid becomes 0. */
int session_end(struct manifest *manifest, int64_t id, enum session_state state, struct error *err);

/* One row, read. Strings are owned; session_release() frees them. */
struct session {
	int64_t id;
	char uuid[SESSION_UUID_SIZE];
	char *label;
	enum session_kind kind;
	enum session_mode mode;
	bool exact;
	char *source;
	char *command; /* or NULL */
	char *cwd;     /* or NULL */
	int64_t uid, gid; /* -1 unknown */
	char *env;     /* or NULL */
	char *host;
	char *kernel;
	char *tool;
	int64_t started_ns;
	int64_t ended_ns; /* 0 while it runs; of an open one, since when it is ending */
	enum session_state state; /* `open` only while its writer lives */
	bool ending; /* open, and its mount is gone: the writer is writing the last of it */
	uint64_t events;
	uint64_t dropped;
	char *problem; /* or NULL */
};

void session_release(struct session *session);

struct session_list {
	struct session *items;
	size_t count;
};

/* All of them, in the order in which they started. */
int session_list_read(struct manifest *manifest, struct session_list *ret_list, struct error *err);
void session_list_release(struct session_list *list);

const char *session_kind_name(enum session_kind kind);
const char *session_mode_name(enum session_mode mode);
const char *session_state_name(enum session_state state);

#endif
