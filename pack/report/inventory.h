/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An inventory: what is in a manifest, a directory, an image or a package, one item a path, in byte
 * order of the paths. It is what ls prints and diff compares, so that any two of them can be compared.
 *
 * A manifest knows what was found at a path that was needed, and how it was used; the others have
 * contents and extended attributes. Of a package (or one that is mounted) the paths are those of its
 * root file system.
 */
#ifndef PACK_REPORT_INVENTORY_H
#define PACK_REPORT_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/access.h"
#include "db/base/error.h"
#include "db/base/text.h"
#include "db/entry.h"
#include "db/manifest.h"
#include "pack/tree/tree.h"

enum inventory_kind {
	INVENTORY_MANIFEST,
	INVENTORY_DIRECTORY,
	INVENTORY_IMAGE,
	INVENTORY_PACKAGE,
};

/* "manifest", "directory", … */
const char *inventory_kind_name(enum inventory_kind kind);

struct inventory_item {
	char *path;
	struct found found; /* its target is owned by the item */
	dev_t rdev;
	const struct node *node; /* contents and attributes; NULL in a manifest */
	uint64_t names; /* of an untouched directory that is folded: in it; else 0 */
	/* How it was used; in a manifest. */
	uint64_t order;      /* 1 was used first of all; 0 unknown */
	uint64_t operations; /* that found it, or, of what was looked for in vain, that did not */
	uint32_t sessions;
	char *program;       /* the first one's exe, "" unknown; or NULL */
	enum access_op op;   /* what was looked for in vain: how, */
	int error;           /* and the errno; else 0 */
};

struct inventory {
	enum inventory_kind kind;
	struct inventory_item *items;
	size_t count, capacity;
	bool has_times;         /* nanoseconds are known; else seconds */
	struct inventory_disk *disk; /* what the nodes live in; or NULL */
};

#define INVENTORY_INIT                                                                             \
	{                                                                                          \
		.count = 0                                                                         \
	}

/* What of a manifest. */
enum inventory_part {
	INVENTORY_NEEDED,    /* the view `needed` */
	INVENTORY_MISSING,   /* `missing`: one item for each path, operation, errno and program */
	INVENTORY_UNTOUCHED, /* `untouched` */
};

/*
 * Find out what `path` is and take it in. Parts other than NEEDED are of manifests, also those
 * in packages; of a directory they are -EINVAL.
 */
int inventory_load(const char *path, enum inventory_part part,
		   struct inventory *ret_inventory, struct error *err);
/* From a manifest that is open. */
int inventory_from_manifest(struct manifest *manifest, enum inventory_part part,
			    struct inventory *ret_inventory, struct error *err);
/* Of a directory only the paths that another inventory has, where they are there. */
int inventory_load_like(const char *path, const struct inventory *like,
			struct inventory *ret_inventory, struct error *err);
void inventory_release(struct inventory *inventory);

/* By path, or NULL. Of several with one path (misses) any. */
const struct inventory_item *inventory_find(const struct inventory *inventory, const char *path);

/*
 * The bytes of a regular file that has a node; the inventory must outlive them. Reading gives fewer
 * bytes than asked for only at the end.
 */
struct contents;
int contents_open(const struct inventory *inventory, const struct inventory_item *item,
		  struct contents **ret_contents, struct error *err);
ssize_t contents_read(struct contents *contents, void *data, size_t size, uint64_t position,
		      struct error *err);
void contents_close(struct contents *contents);
void contents_closep(struct contents **contents);

/*
 * Add the whole of a file beside the root file system of a package, by its path in the image:
 * "/sfc/package.json". -ENOENT, without a message, when there is none.
 */
int inventory_extra(const struct inventory *inventory, const char *path, size_t limit,
		    struct text *text, struct error *err);

/* What a file begins with, looked at without judging it. */
enum inventory_kind inventory_kind_of(const char *path);

static inline bool item_is_file(const struct inventory_item *item)
{
	return item->found.kind == ENTRY_FILE;
}

/* Bytes of a regular file; 0 of anything else. */
static inline uint64_t item_size(const struct inventory_item *item)
{
	return item_is_file(item) ? item->found.size : 0;
}

#endif
