/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The contents of files: whole blocks go to the workers as they are read, tails are gathered in
 * fragments, equal files are stored once, zeroes not at all.
 *
 * A tail goes where the tail before it went, so files packed one after another share fragments: the
 * caller's order is the layout.
 */
#ifndef PACK_IMAGE_DATA_H
#define PACK_IMAGE_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/array.h"
#include "db/base/error.h"
#include "pack/image/image.h"
#include "pack/image/output.h"
#include "pack/image/workers.h"
#include "pack/tree.h"

/* Where the bytes of a file are; equal files share one. */
struct file_data {
	uint64_t start;  /* of the first stored block; 0: none */
	uint64_t sparse; /* bytes in blocks of zeroes */
	uint64_t first_block; /* index into data.blocks */
	uint32_t block_count;
	uint32_t fragment; /* or SQFS_NO_FRAGMENT */
	uint32_t fragment_offset;
};

struct fragment {
	uint64_t start;
	uint32_t size; /* as the format has it */
};

struct data {
	struct workers *workers;
	struct output *output;
	const struct image_options *options;
	struct image_stats *stats;
	uint32_t block_size;
	ARRAY(struct file_data) files;
	ARRAY(uint32_t) blocks; /* sizes, as the format has them */
	ARRAY(struct fragment) fragments;
	uint8_t *tails; /* the fragment being filled; a buffer of the workers, or NULL */
	uint32_t tails_fill;
	struct duplicates *duplicates; /* NULL: not wanted */
	uint64_t total; /* bytes of all files */
};

/* The sizes of all files are told first, by data_expect(). */
int data_init(struct data *data, struct workers *workers, struct output *output,
	      const struct image_options *options, struct image_stats *stats, uint64_t files);
void data_release(struct data *data);
void data_expect(struct data *data, const struct inode *inode);

/* Store the contents of a file; inode->scratch becomes the index of its struct file_data. */
int data_add(struct data *data, struct node *node, struct error *err);
/* Files after this one share no fragment with those before. */
int data_cut(struct data *data);
/* Everything is on its way out; wait for it. */
int data_end(struct data *data);

#endif
