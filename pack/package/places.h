/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Places that are empty: what container engines mount something over, or make where it is missing, which they
 * cannot in a root that nobody can write. Only where the package has nothing of that name.
 */
#ifndef PACK_PACKAGE_PLACES_H
#define PACK_PACKAGE_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "pack/tree/tree.h"

/* It is one of them, and empty. path: in the root, from "/" on. */
bool places_have(const struct node *node, const char *path);

/* time: of what is made, in seconds. */
int places_add(struct node *rootfs, int64_t time, struct error *err);

#endif
