/* SPDX-License-Identifier: BSD-2-Clause */
/* Ranges of subordinate ids, subuid(5) and subgid(5), as the files have them. */
#ifndef STAGE_MACHINE_SUBIDS_H
#define STAGE_MACHINE_SUBIDS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Does the file have one of this user, by name or by number? name NULL: of anybody. */
bool subids_have(const char *file, const char *name, uid_t uid);
/* The first of 65536 numbers that neither file gives to anybody, 100000 at the least. */
uint64_t subids_free(void);

#endif
