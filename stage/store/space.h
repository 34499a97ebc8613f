/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The namespace of the store, for store.c alone. Inside, "/" is a tmpfs with
 *
 *	store/          the store's directory; kept/DIGEST in it is there to stay, and so is its mount
 *	mounts/DIGEST   the packages
 *	used/DIGEST     an empty file as long as the package, its time that of the last use
 *
 * Both functions look for it where the machine was booted, unless the state directory there is another.
 */
#ifndef STAGE_STORE_SPACE_H
#define STAGE_STORE_SPACE_H

#include <stdint.h>

#include "db/base/digest.h"
#include "db/base/error.h"

struct space {
	char directory[4096]; /* of the store */
	uint64_t dev, ino;    /* as we see it */
};

/* A clone of a package's mount: 0, -ENOENT when there is none or no namespace. */
int space_clone(const struct space *space, const char *digest, int *ret_mount, struct error *err);

/*
 * Give a detached mount a place under its digest, in a namespace that is made if need be, and
 * *ret_mount a clone. bytes: the size of the package. The caller holds the store's lock.
 */
int space_add(const struct space *space, const char *digest, int mount, uint64_t bytes,
	      int *ret_mount, struct error *err);

/* Let go of one package; what runs from it keeps its own clones. */
int space_drop(const struct space *space, const char *digest, struct error *err);

/* Let it go with all that is mounted there. */
int space_remove(const struct space *space, struct error *err);

#endif
