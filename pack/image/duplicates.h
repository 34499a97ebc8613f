/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which contents have been stored already, and which beginnings of contents. Only files whose size
 * occurs more than once can be equal, so all sizes are told first and most files are never hashed.
 */
#ifndef PACK_IMAGE_DUPLICATES_H
#define PACK_IMAGE_DUPLICATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pack/image/fingerprint.h"

struct duplicates;

/* files: how many sizes will be told, about. 0 or -ENOMEM. */
int duplicates_new(uint64_t files, struct duplicates **ret_duplicates);
void duplicates_free(struct duplicates *duplicates);

void duplicates_tell_size(struct duplicates *duplicates, uint64_t size);
/* False: no other file has this size. */
bool duplicates_possible(const struct duplicates *duplicates, uint64_t size);

/* The file remembered for these contents: true and *ret_number, or false. */
bool duplicates_find(const struct duplicates *duplicates, const struct fingerprint *print,
		     uint32_t *ret_number);
/* 0 or -ENOMEM. */
int duplicates_add(struct duplicates *duplicates, const struct fingerprint *print,
		   uint32_t number);

#endif
