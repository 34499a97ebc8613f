/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control groups of version 2 that are a plain user's. Either somebody gave him one and put him below it: then
 * he makes groups there himself. Or systemd runs his own manager in one (user@UID.service): by himself he may move
 * nothing there out of a session of his, and the manager, which may, is asked by its bus for a scope that is his to
 * arrange. In that he has what he would have been given.
 *
 *	delegated_find(&delegated, err);
 *	delegated_enter(&delegated, err);	DELEGATED_SYSTEMD becomes DELEGATED_GROUP
 *	delegated_enable(&delegated);		groups below "path" DELEGATED_OURS have controllers
 */
#ifndef STAGE_CONTAINER_DELEGATED_H
#define STAGE_CONTAINER_DELEGATED_H

#include <sys/types.h>

#include "db/base/error.h"

#define DELEGATED_TOP "/sys/fs/cgroup"
/* What is made below his: a group for each container, and one for all who were in his. */
#define DELEGATED_OURS "/sfc"

enum delegated_how {
	DELEGATED_NONE,
	DELEGATED_GROUP,   /* his, and he is below it */
	DELEGATED_SYSTEMD, /* his manager's */
};

struct delegated {
	enum delegated_how how;
	char *path;  /* below DELEGATED_TOP: "/user.slice/user-1000.slice/user@1000.service" */
	char *bus;   /* of his manager: its address */
	char *lacks; /* DELEGATED_NONE: what would have to be otherwise; NULL: nobody gave him one */
};

int delegated_find(struct delegated *ret_delegated, struct error *err);
void delegated_release(struct delegated *delegated);

/* This process goes into a scope of its own: not where its number is another than the manager knows. */
int delegated_enter(struct delegated *delegated, struct error *err);
/*
 * Groups below ours get the controllers that his has, as far as they can. Who is in his itself goes into one of
 * ours: the kernel lets a group have either processes or controllers below. -EBUSY: there is one that cannot.
 */
int delegated_enable(const struct delegated *delegated);
/* This process goes to where that one is, which is the same user's, so that it may enter a group beside it. */
int delegated_follow(pid_t pid, struct error *err);

#endif
