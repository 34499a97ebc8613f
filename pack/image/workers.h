/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that compress blocks and give them back in the order in which they went in, so that the
 * bytes of an image do not depend on how many threads there are.
 *
 * One thread, the owner, calls everything here. It takes a buffer, fills it, submits it; when all
 * buffers are in flight, submitting hands the oldest finished block to its `done` first. So `done`
 * runs in the owner's thread, in order, and never more than the fixed number of buffers exists.
 */
#ifndef PACK_IMAGE_WORKERS_H
#define PACK_IMAGE_WORKERS_H

#include <stdbool.h>
#include <stdint.h>

#include "pack/image/compressor.h"

struct workers;

/* How much is done for a block; all but the first are for who only wants to know sizes. */
enum effort {
	EFFORT_FULL,
	EFFORT_TRY,  /* level 1, for its size alone */
	EFFORT_BOTH, /* that, and then in full */
};

/* A block on its way. */
struct job {
	uint8_t *data; /* a buffer of workers_buffer(); the compressed bytes when done */
	uint32_t size; /* of what is in data */
	bool raw;      /* told on submitting: do not compress; when done: is not compressed */
	enum compress_as as;
	enum effort effort; /* told on submitting */
	uint32_t tried;     /* when done, if the effort was no full one: bytes by level 1 */
	/* Called when it is this block's turn; 0 or a negative errno, which ends all. */
	int (*done)(const struct job *job, void *owner);
	void *owner;
	uint64_t tag; /* the owner's own */
};

struct workers_options {
	struct compressor_options compressor;
	unsigned int threads;
	uint32_t buffer_size; /* bytes of the largest block */
	uint64_t memory;      /* bytes for all buffers; at least a few are made */
};

int workers_new(const struct workers_options *options, struct workers **ret_workers);
/* What is in flight is dropped. */
void workers_free(struct workers *workers);

/* An empty buffer, owned by the caller until submitted or put back; may call `done` of others. */
int workers_buffer(struct workers *workers, uint8_t **ret_buffer);
void workers_put_back(struct workers *workers, uint8_t *buffer);

/* The first error of any block comes back from here and from all later calls. */
int workers_submit(struct workers *workers, const struct job *job);
/* Finish the oldest block in flight: 1, or 0 when there is none. */
int workers_finish_one(struct workers *workers);
/* Finish them all. */
int workers_drain(struct workers *workers);

uint64_t workers_memory(const struct workers *workers);
/* Seconds that workers waited for something to do while more was to come, added up. */
double workers_starved(struct workers *workers);

#endif
