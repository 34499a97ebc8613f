/* SPDX-License-Identifier: BSD-2-Clause */
/* A new user namespace for this process, and which numbers mean whom in it. */
#ifndef STAGE_MOUNT_NUMBERS_H
#define STAGE_MOUNT_NUMBERS_H

#include "db/base/error.h"
#include "stage/mount/ranges.h"

/* 0 is who we are; behind it these, if newuidmap(1) and newgidmap(1) are there. */
int numbers_enter(const range_list *users, const range_list *groups, struct error *err);

#endif
