/* SPDX-License-Identifier: BSD-2-Clause */
/* What the holder holds: ports, and the instances of an application that share them. As state.db has it. */
#ifndef STAGE_INSTANCE_HOLD_GROUPS_H
#define STAGE_INSTANCE_HOLD_GROUPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/base/array.h"
#include "db/base/error.h"
#include "stage/spec/spec.h"
#include "stage/state/state.h"

struct hold_port {
	struct spec_port asked;
	int listener;
};

enum hold_now { HOLD_ASLEEP, HOLD_WAKING, HOLD_UP, HOLD_FALLING };

struct hold_member {
	char *name;
	enum hold_now now;
	pid_t child;      /* that wakes it, or lays it down */
	int said;         /* what that says */
	pid_t pid;        /* its first process, when it is up */
	int pidfd;
	pid_t *proxies;   /* one a port; 0: none */
	int64_t used_ms;  /* when it was last seen with a connection */
	bool seen;
};

struct hold_group {
	char *app;
	ARRAY(struct hold_port) ports;
	ARRAY(struct hold_member) members;
	uint64_t idle_ms, least, per;
	bool seen;
	char *problem; /* why its ports are not held; NULL: they are */
};

struct hold_groups {
	char *state; /* the directory */
	ARRAY(struct hold_group) list;
};

void hold_groups_release(struct hold_groups *groups);

/*
 * Read anew: ports that are no more wanted are let go, new ones are held. What is up is in front of its proxies
 * again. Fails only where nothing could be read.
 */
int hold_groups_read(struct hold_groups *groups, struct error *err);

/* It is up, as state.db has it: its proxies begin. -ESRCH: it is not. */
int hold_member_up(const struct hold_groups *groups, struct hold_group *group, struct hold_member *member,
		   struct error *err);
/* It has no proxies any more. idle: unless one has a connection, false. */
bool hold_member_down(struct hold_group *group, struct hold_member *member, bool idle);
/* How many connections it has; -1: it cannot be told. */
int hold_member_connections(const struct hold_group *group, const struct hold_member *member);

#endif
