/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mount namespace that we are in, and whether anybody else is. A namespace lives as long as a
 * process is in it, and all that is mounted there with it: a daemon that stays behind in one that
 * everybody has left would keep its own mount, for nobody, for ever. The kernel tells of no such end,
 * so it has to be looked for.
 */
#ifndef FS_NAMESPACE_H
#define FS_NAMESPACE_H

#include <stdbool.h>
#include <sys/types.h>

struct namespace {
	dev_t dev; /* of the namespace, as /proc has it */
	ino_t ino;
	bool apart;     /* it is not that of process 1, and may be left */
	pid_t somebody; /* who was in it at the last look; 0: nobody yet */
};

void namespace_look(struct namespace *ns);

/*
 * True when it is apart and no process that we can see is in it but such as run this program. Costs
 * one look at /proc, or a walk over all of it when the one who was there has gone.
 */
bool namespace_is_left(struct namespace *ns);

/* Who waits for the last one to leave asks this often. */
enum { NAMESPACE_LOOK_MS = 2000 };

#endif
