/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The contents of files: each is read once, equal ones are stored once, zeroes not at all.
 *
 * Only a file whose size another one has can be a duplicate. It is held against the files before it
 * while it passes, block by block: as long as one of them began the same way nothing is stored. Where
 * it turns out to be different after all, what it has in common with that other file is copied from
 * the image, compressed as it is; nothing is read again.
 */
#ifndef PACK_IMAGE_DATA_H
#define PACK_IMAGE_DATA_H

#include <stdint.h>

#include "db/base/error.h"
#include "pack/image/image.h"
#include "pack/image/store.h"
#include "pack/tree/tree.h"

struct data {
	struct store store;
	const struct image_options *options;
	struct image_stats *stats;
	struct duplicates *duplicates; /* NULL: not wanted */
	struct digest *digest;         /* what they are told apart by; NULL: not wanted */
	uint64_t total; /* bytes of all files */
};

/* files: how many will come, about. The sizes of all are told first, by data_expect(). */
int data_init(struct data *data, struct workers *workers, struct output *output,
	      const struct image_options *options, struct image_stats *stats, uint64_t files);
void data_release(struct data *data);
void data_expect(struct data *data, const struct inode *inode);

/* Store the contents of a file; inode->scratch becomes its number in data->store.files. */
int data_add(struct data *data, struct node *node, struct error *err);
/* That was the last one: all is written, and what only finding duplicates needs is given back. */
int data_end(struct data *data);

#endif
