/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 128 bits that stand for the beginning of a file, or for all of it: SHA-256 of each piece behind the
 * fingerprint of all before it, cut short. Nobody can make two files collide. Pieces of zeroes count
 * without being looked at.
 *
 *	struct fingerprint print = fingerprint_of_size(size);
 *
 *	r = fingerprint_add(&print, digest, data, size);	the first piece
 *	r = fingerprint_add(&print, digest, data, size);	the next
 *
 * Equal prints mean equal bytes among files that are cut at the same places.
 */
#ifndef PACK_IMAGE_FINGERPRINT_H
#define PACK_IMAGE_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

#include "db/base/digest.h"

struct fingerprint {
	uint64_t words[2];
};

/* Files of different sizes never have equal prints. */
static inline struct fingerprint fingerprint_of_size(uint64_t size)
{
	return (struct fingerprint){.words = {size, ~size}};
}

/* The next piece; data is NULL when all of it is zeroes. `digest` is used up each time. 0 or -EIO. */
int fingerprint_add(struct fingerprint *print, struct digest *digest, const void *data,
		    size_t size);

#endif
