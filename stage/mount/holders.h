/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processes that are in the user namespace of a state: "namespace" in its directory, a line each, number
 * and start. Who holds the list's lock alone joins or makes it.
 */
#ifndef STAGE_MOUNT_HOLDERS_H
#define STAGE_MOUNT_HOLDERS_H

#include <sys/types.h>

#include "db/base/error.h"

/* Open and locked until it is closed. */
int holders_open(const char *state, int *ret_list, struct error *err);
/* Join the user namespace of one that lives, and is ours: 1; 0: there is none. */
int holders_join(int list, struct error *err);
/* It is one of them; those that have ended go. */
int holders_add(int list, pid_t pid, struct error *err);

#endif
