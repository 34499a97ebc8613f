/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Differences between two inventories, path by path: what one has and the other has not, and of what
 * both have, in what they differ. Only what both know is compared: a manifest has no contents, so
 * size and time have to stand for them there.
 *
 * Contents are compared byte by byte, and only of files of the same size.
 */
#ifndef PACK_REPORT_DIFFERENCE_H
#define PACK_REPORT_DIFFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"
#include "pack/report/inventory.h"

enum difference_what {
	DIFFERENT_KIND = 1 << 0,
	DIFFERENT_SIZE = 1 << 1,
	DIFFERENT_CONTENT = 1 << 2,
	DIFFERENT_TARGET = 1 << 3,
	DIFFERENT_MODE = 1 << 4,
	DIFFERENT_OWNER = 1 << 5,
	DIFFERENT_DEVICE = 1 << 6,
	DIFFERENT_XATTRS = 1 << 7,
	DIFFERENT_TIME = 1 << 8,
};

/* "kind", "size", …: the name of bit i; NULL beyond the last. */
const char *difference_name(unsigned int i);

struct difference {
	const struct inventory_item *a, *b; /* NULL where it is not there */
	unsigned int what;                  /* enum difference_what, when in both */
};

struct differences {
	struct difference *items; /* by path */
	size_t count, capacity;
	uint64_t added, added_bytes, removed, removed_bytes, changed;
	int64_t changed_bytes; /* how much larger those are now */
	uint64_t same;
};

struct difference_options {
	bool no_contents; /* sizes are enough */
	bool times;       /* of everything; else only where a manifest has nothing better */
	/* Bytes compared so far, of the most there may be; or NULL. */
	void (*progress)(uint64_t done, uint64_t total);
};

/* Both inventories must outlive the differences, and be by path. */
int differences_find(const struct inventory *a, const struct inventory *b,
		     const struct difference_options *options, struct differences *ret_differences,
		     struct error *err);
void differences_release(struct differences *differences);

/* In what two items differ, contents left aside. */
unsigned int difference_of(const struct inventory *a, const struct inventory_item *x,
			   const struct inventory *b, const struct inventory_item *y, bool times);

#endif
