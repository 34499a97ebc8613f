/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Extended attributes, from files on the disk onto nodes of a tree. Those that an image cannot hold
 * are left out, counted, and said.
 */
#ifndef PACK_SOURCE_ATTRIBUTES_H
#define PACK_SOURCE_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/tree/tree.h"

/* One that the format cannot hold, and how many files had it. */
struct refused_attribute {
	char *name;
	uint64_t count;
};

struct attributes {
	struct {
		struct refused_attribute *items;
		size_t count, capacity;
	} refused;
	struct text warnings;
	char *names, *value; /* buffers reused from file to file */
	size_t names_room, value_room;
	bool old_kernel; /* without listxattrat(2) */
};

#define ATTRIBUTES_INIT                                                                            \
	{                                                                                          \
		.warnings = TEXT_INIT                                                              \
	}

void attributes_release(struct attributes *attributes);

/* Those of `name` ("": of the directory itself) in the directory that dirfd has open, onto its node. */
int attributes_take(struct attributes *attributes, int dirfd, const char *name, struct node *node,
		    struct error *err);

/* One line for a person; NULL: none was left out. Valid until the next is taken. */
const char *attributes_warnings(const struct attributes *attributes);

#endif
