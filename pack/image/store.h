/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the bytes of files are in the image: blocks on their way through the workers to the output,
 * tails gathered in fragments, and for each file a note of where all that ended up.
 *
 * Files are stored one after another: store_file(), then its blocks and holes in order, then its tail.
 * A tail goes where the last tail of its kind went, so files packed one after another share fragments:
 * the caller's order is the layout.
 */
#ifndef PACK_IMAGE_STORE_H
#define PACK_IMAGE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "db/base/array.h"
#include "pack/image/output.h"
#include "pack/image/projection.h"
#include "pack/image/workers.h"

/* Where the bytes of a file are; equal files share one. Most are small and only a tail. */
struct file_data {
	uint32_t extent; /* its blocks: index into store.extents plus 1; 0: none */
	uint32_t fragment; /* or SQFS_NO_FRAGMENT */
	uint32_t fragment_offset;
};

/* The blocks of a file. */
struct extent {
	uint64_t start;  /* of the first stored one; 0: none */
	uint64_t sparse; /* bytes in blocks of zeroes */
	uint32_t first_block; /* index into store.blocks */
	uint32_t block_count;
};

struct fragment {
	uint64_t start;
	uint32_t size; /* as the format has it */
};

/* What is in one fragment: text compresses better without the rest in between. */
enum tail_kind {
	TAIL_ANY, /* and text */
	TAIL_BINARY,
	TAIL_KINDS,
};

/* A fragment being filled. */
struct tails {
	uint8_t *bytes; /* a buffer of the workers, or NULL */
	uint32_t fill;
	uint32_t fragment; /* its number */
};

struct store {
	struct workers *workers;
	struct output *output;
	uint32_t block_size;
	ARRAY(struct file_data) files;
	ARRAY(struct extent) extents;
	ARRAY(uint32_t) blocks; /* sizes, as the format has them */
	ARRAY(struct fragment) fragments;
	struct tails tails[TAIL_KINDS];
	bool light;      /* whole blocks of the file that is stored now: see compressor.h */
	uint64_t stored; /* blocks that are not zeroes */
	struct projection projection; /* off, unless nothing is written */
};

/* files: how many will come, about. All functions: 0 or a negative errno. */
int store_init(struct store *store, struct workers *workers, struct output *output,
	       uint32_t block_size, uint64_t files);
void store_release(struct store *store);

/* The blocks of a file that was stored; all zero where it has none. */
struct extent store_extent(const struct store *store, const struct file_data *file);

/* The next file, number store->files.count - 1 from now on. -EFBIG: too many. */
int store_file(struct store *store);
/* Its next bytes: a whole block, or at its end a shorter one. The buffer is the workers' afterwards. */
int store_block(struct store *store, uint8_t *buffer, size_t size);
/* Its next bytes are zeroes. */
int store_hole(struct store *store, size_t size);
/*
 * Its next `count` blocks are the first ones of that file before it: what was compressed once is
 * copied. Waits for all that is in flight.
 */
int store_blocks_of(struct store *store, uint32_t file, uint32_t count);

/* Its last bytes, fewer than a block, which are copied. */
int store_tail(struct store *store, enum tail_kind kind, const void *data, size_t size);

/* Files after this one share no fragment with those before. */
int store_cut(struct store *store);
/* Everything is on its way out; wait for it. */
int store_end(struct store *store);

#endif
