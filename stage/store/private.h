/* SPDX-License-Identifier: BSD-2-Clause */
/* Between store.c, which takes in for a while, and kept.c and kept_user.c, which take in to stay. */
#ifndef STAGE_STORE_PRIVATE_H
#define STAGE_STORE_PRIVATE_H

#include <sys/stat.h>

#include "stage/store/space.h"
#include "stage/store/store.h"

struct store {
	int fd;
	struct space space;
};

/* kept_user.c: the same of a user's. */
int kept_extract(const struct store *store, struct store_copy *copy, const char *name, struct error *err);
int kept_publish(const struct store *store, struct store_copy *copy, const char *name, struct error *err);
int kept_clone(const struct store *store, const char *digest, int *ret_mount, struct error *err);
int kept_remove(const struct store *store, const char *digest, struct error *err);

/* One at a time adds and removes; until it is closed. */
int store_lock(const struct store *store, int *ret_lock, struct error *err);
/* By its size and first bytes: could it be a package? */
int store_check_beginning(int file, const char *name, const struct stat *st, struct error *err);
/* A file that is ours gets its place under the digest; *ret_mount is a clone. The lock is held. */
int store_mount_ours(const struct store *store, int ours, const char *name, const char *digest,
		     int *ret_mount, struct error *err);

#endif
