/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * As whom a command runs: USER[:GROUP[,GROUP…]], names or numbers. Names are those of the traced
 * root, whose /etc/passwd and /etc/group are read through a descriptor of it, never left and not
 * traced. Without a group it is the user's own, with all that /etc/group adds; with groups, only
 * they; a number that passwd does not have is of group 0: what container engines do.
 */
#ifndef FS_USER_H
#define FS_USER_H

#include <stdbool.h>
#include <sys/types.h>

#include "db/base/array.h"
#include "db/base/error.h"

struct user {
	uid_t uid;
	gid_t gid;
	ARRAY(gid_t) groups; /* the supplementary ones */
	char *home;          /* "/" where passwd has none */
	char *old_home;      /* of who we are now; or NULL */
};

#define USER_INIT                                                                                  \
	{                                                                                          \
		.groups = ARRAY_INIT                                                               \
	}

/* Find it below the root: 0, or a negative errno; -ENOENT where a name is not known. */
int user_find(struct user *user, int rootfd, const char *words, struct error *err);
void user_release(struct user *user);

/* Become it, for good, and let HOME follow where it is not another's choice. */
int user_become(const struct user *user, struct error *err);

#endif
