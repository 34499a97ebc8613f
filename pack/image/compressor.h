/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One zstd context with the parameters of an image: blocks in, frames out. One thread uses it at a
 * time; each worker has its own. The only file besides the reader that knows zstd.
 *
 * What cannot be compressed is recognised cheaply: before a high level spends its time, a sample and
 * then the whole block is tried at level 1, and where that wins nothing the block is stored raw.
 */
#ifndef PACK_IMAGE_COMPRESSOR_H
#define PACK_IMAGE_COMPRESSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct compressor;

struct compressor_options {
	int level;
	uint32_t block_size; /* what most blocks have */
	bool small; /* own parameters instead of the level's; see compressor.c */
};

enum compress_as {
	COMPRESS_DATA,
	COMPRESS_METADATA, /* the small blocks of tables */
	COMPRESS_LIGHT,    /* data that is much and seldom read: a middling level at most */
};

/* 0 or -ENOMEM. */
int compressor_new(const struct compressor_options *options, struct compressor **ret_compressor);
void compressor_free(struct compressor *compressor);

/* Room an output buffer needs for a block of this size. */
size_t compressor_room(size_t size);

/*
 * *ret_size is the size of the frame in `out`, which is smaller than size; or 0: store the block raw.
 * 0 or -EIO when zstd fails, -ENOMEM.
 */
int compressor_run(struct compressor *compressor, enum compress_as as, const void *data,
		   size_t size, void *out, size_t room, size_t *ret_size);

/*
 * Level 1, to see what it makes of a block: *ret_size is the size of that, or 0 when it shrinks the
 * block by so little that compressor_run() would not try harder. 0 or -EIO.
 */
int compressor_try(struct compressor *compressor, const void *data, size_t size, void *out,
		   size_t room, size_t *ret_size);

#endif
