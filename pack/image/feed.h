/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes of one regular file, read in order; holes are known without reading them.
 */
#ifndef PACK_IMAGE_FEED_H
#define PACK_IMAGE_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pack/tree/tree.h"

struct feed {
	const struct node *node;
	int fd;          /* owned; -1 for contents in memory */
	uint64_t offset; /* of the contents in fd */
	bool has_holes;
	uint64_t data_from; /* below it, from where we asked on, is a hole */
};

/* -ESTALE: it is not what was scanned. */
int feed_open(struct feed *feed, const struct node *node, struct error *err);
void feed_close(struct feed *feed);

/* The bytes from position on, up to size: all of them are in a hole. */
bool feed_is_hole(struct feed *feed, uint64_t position, size_t size);
/* Bytes read, fewer than size only where the contents end; or a negative errno. */
ssize_t feed_read(struct feed *feed, void *data, size_t size, uint64_t position);
/* After the last byte: -ESTALE when it changed meanwhile. */
int feed_check(const struct feed *feed, struct error *err);

/* Every byte is zero. */
bool feed_is_zero(const void *data, size_t size);

#endif
