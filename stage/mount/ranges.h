/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of users and groups that /etc/subuid and /etc/subgid give a user, for newuidmap(1) and newgidmap(1). */
#ifndef STAGE_MOUNT_RANGES_H
#define STAGE_MOUNT_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/array.h"

struct range {
	uint32_t first, count;
};

typedef ARRAY(struct range) range_list;

/* In the order of the file, as far as there is room for them behind 0; by name or by number. */
int ranges_read(const char *file, const char *name, uint32_t number, range_list *ret_list);

#endif
