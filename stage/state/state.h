/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state directory and its database: what the stages remember between commands. It is made on
 *first use, closed to everybody else (0700), and stands on a local file system. What the tables
 *mean is said in schema.sql and sfc-state(5).
 *
 *	r = state_open(NULL, &state, err);
 *	r = claim_take(state, "dev/web", &claim, err);
 *	…state->sql and statement_get()…
 *	claim_release(&claim);
 *	state_close(state);
 *
 * Only stage/state/ and the rooms that own a table know its SQL: dev and base are layer's, package, app,
 * instance and run are those of instance, test is stages'.
 */
#ifndef STAGE_STATE_STATE_H
#define STAGE_STATE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/sql/statement.h"

enum {
	STATE_APPLICATION_ID = 1397113684, /* 'SFCT' */
	STATE_VERSION = 2,
};

struct state {
	struct connection sql;
	char *dir; /* absolute, without links: as the kernel lists mounts */
	int dirfd;
	char uuid[37];
};

/*
 * dir NULL: $SFC_STATE, else /var/lib/sfc for root and $XDG_DATA_HOME/sfc for everybody else. A
 * directory that holds anything but a state is refused, so that a mistyped --state closes and fills
 * nothing.
 */
int state_open(const char *dir, struct state **ret_state, struct error *err);
void state_close(struct state *state);
void state_closep(struct state **state);

/* A directory below the state's, made if need be, closed to everybody else; the caller closes. */
int state_directory(const struct state *state, const char *name, struct error *err);

/* Each name in it that does not begin with a dot, in no order; a visit that does not return 0 ends it, and is returned. */
typedef int state_visit(const char *name, void *data, struct error *err);
int state_each(const struct state *state, const char *directory, state_visit *visit, void *data, struct error *err);

/* Its path, for programs and messages; the caller frees. NULL: no memory. */
char *state_path(const struct state *state, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * A transaction that a power cut may undo: for what means nothing after a boot, as claims and runs. All else is on
 * disk when connection_commit() returns.
 */
int state_begin_lightly(struct state *state, struct error *err);
int state_commit_lightly(struct state *state, struct error *err);
void state_rollback_lightly(struct state *state);

/*
 * A name that is safe as a file, a host and a cgroup: letters, digits, '_', '.', '-', at most 63,
 * the first a letter or digit. `what` is for the message: "a root". -EINVAL.
 */
int state_check_name(const char *what, const char *name, struct error *err);

/* A time of the tables for people ("2 h ago"), and for JSON (…Z). */
void state_ago(int64_t at_ns, char *buffer, size_t size);
void state_stamp(int64_t at_ns, char *buffer, size_t size);

/* Can a write-ahead log's index be shared on it? By the type mountinfo gives; false for NFS and its
 * kind. */
bool state_filesystem_shares(const char *type);

#endif
