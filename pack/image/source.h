/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes of one regular file, read in order; holes are known without reading them.
 */
#ifndef PACK_IMAGE_SOURCE_H
#define PACK_IMAGE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pack/tree.h"

struct source {
	const struct node *node;
	int fd;          /* owned; -1 for contents in memory */
	uint64_t offset; /* of the contents in fd */
	bool has_holes;
	uint64_t data_from; /* below it, from where we asked on, is a hole */
};

/* -ESTALE: it is not what was scanned. */
int source_open(struct source *source, const struct node *node, struct error *err);
void source_close(struct source *source);

/* The bytes from position on, up to size: all of them are in a hole. */
bool source_is_hole(struct source *source, uint64_t position, size_t size);
/* Bytes read, fewer than size only where the contents end; or a negative errno. */
ssize_t source_read(struct source *source, void *data, size_t size, uint64_t position);
/* After the last byte: -ESTALE when it changed meanwhile. */
int source_check(const struct source *source, struct error *err);

/* Every byte is zero. */
bool source_is_zero(const void *data, size_t size);

#endif
