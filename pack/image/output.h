/* SPDX-License-Identifier: BSD-2-Clause */
/* The file an image grows in: bytes go to the end, and the end is known. */
#ifndef PACK_IMAGE_OUTPUT_H
#define PACK_IMAGE_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

struct output {
	int fd; /* borrowed; -1: count only, write nothing */
	uint64_t position; /* where the next byte goes */
	uint64_t started;  /* before it everything is on its way to the disk */
};

/* 0 or a negative errno. */
int output_add(struct output *output, const void *data, size_t size);
/* The same bytes as at `from` once more; `buffer` has room for them. */
int output_copy(struct output *output, void *buffer, size_t size, uint64_t from);
/* Over what is there; the end stays. */
int output_replace(struct output *output, const void *data, size_t size, uint64_t position);

#endif
