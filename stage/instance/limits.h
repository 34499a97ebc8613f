/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the running instances of one user may take together: limits.conf, which is the machine's.
 *
 *	# who      what
 *	default    instances=20 memory=4G cpus=4 pids=2000 disk=20G ports=20000-20999
 *	alice      instances=5 memory=1G
 *	@webteam   cpus=1.5
 *
 * The line of the user counts, else the first of a group of theirs, else "default"; what it does not name is
 * unlimited. Where something is limited an instance must say how much of it it takes. The kernel holds each
 * to what it said; this is the sum. Ports are no sum: ports= are those of the host that a user may publish.
 */
#ifndef STAGE_INSTANCE_LIMITS_H
#define STAGE_INSTANCE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "stage/spec/spec.h"

enum limit_kind { LIMIT_INSTANCES, LIMIT_MEMORY, LIMIT_CPUS, LIMIT_PIDS, LIMIT_DISK, LIMIT_KINDS };

/* Instances, bytes, thousandths of a processor, processes, bytes of layers. */
struct limits {
	uint64_t most[LIMIT_KINDS];
	bool given[LIMIT_KINDS];
	uint16_t first_port, last_port; /* 0: all */
};

struct limits_sum {
	uint64_t taken[LIMIT_KINDS];
};

/* $SFC_LIMITS, for root alone; else /etc/sfc/limits.conf. */
const char *limits_path(void);

/* What this user is held to: 1 with it, 0 nothing; -EINVAL the line that counts makes no sense. */
int limits_find(const char *path, const char *user, struct limits *ret_limits, struct error *err);

/* One more instance that runs. */
void limits_add(struct limits_sum *sum, const struct spec *spec);

/* May one more be started beside those? -EDQUOT with err set. */
int limits_check(const struct limits *limits, const struct limits_sum *sum, const struct spec *spec,
		 const char *user, struct error *err);

/*
 * Whose limits count: `asked`, which only root may ask for, or who is at the keyboard. The caller frees.
 * -EPERM, -ENOENT there is no such user.
 */
int limits_user(const char *asked, char **ret_user, struct error *err);

/*
 * Others than root are counted in the machine's own state alone: in another directory they would begin at
 * none. -EPERM.
 */
int limits_check_place(const char *state_directory, struct error *err);

#endif
