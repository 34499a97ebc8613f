/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who on this machine has a range of subordinate ids, and so may have instances of his own; and what such a user
 * says of himself, asked by root. Nothing that is a user's is opened by root: a child becomes him wholly first.
 */
#ifndef STAGE_STATE_USERS_H
#define STAGE_STATE_USERS_H

#include <sys/types.h>

#include "db/base/array.h"
#include "db/base/error.h"
#include "db/base/text.h"

struct user {
	uid_t uid;
	gid_t gid;
	char *name, *home;
	struct text said; /* what he answered, as he wrote it */
	int code;         /* 0, or why there is no answer: -ETIME, -EFBIG, -EIO, … */
};

struct users {
	ARRAY(struct user) list;
};

/* Of /etc/subuid, each once; root and numbers that have no account are left out. */
int users_find(struct users *users, struct error *err);
void users_release(struct users *users);

/*
 * Ask each of them: this program is run as him with these words, the last NULL, in his home's environment and
 * nothing of ours. Several at a time; whoever takes longer than 2 s or says more than 1 MiB is cut off.
 */
int users_ask(struct users *users, const char *const *words, struct error *err);

#endif
