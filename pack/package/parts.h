/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of a package: files made here, each noted with its size and digest under its path, and the
 * identity that all of them give together.
 */
#ifndef PACK_PACKAGE_PARTS_H
#define PACK_PACKAGE_PARTS_H

#include <jansson.h>
#include <stdint.h>

#include "db/base/digest.h"
#include "db/base/error.h"
#include "pack/package/package.h"
#include "pack/tree/tree.h"

struct parts {
	struct tree *tree; /* borrowed, as all here */
	int64_t time;      /* of what is made here; seconds */
	json_t *noted;     /* path → {size, sha256} */
};

/* At the top. */
int parts_add_directory(struct parts *parts, const char *name, struct node **ret_node,
			struct error *err);

/* A part that was made elsewhere. */
int parts_note(struct parts *parts, const char *path, uint64_t size, const char *sha256,
	       struct error *err);

/* A file below a directory; the second from a JSON value, which is taken (NULL: out of memory). */
int parts_add_bytes(struct parts *parts, struct node *directory, const char *name, const char *bytes,
		    size_t size, struct error *err);
int parts_add_json(struct parts *parts, struct node *directory, const char *name, json_t *json,
		   struct error *err);

/* Notes "rootfs", a digest of all names with their attributes, and makes a uuid of all that is noted. */
int parts_identity(struct parts *parts, char ret_uuid[PACKAGE_UUID_SIZE], struct error *err);

#endif
