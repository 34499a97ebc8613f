// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/duplicates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/hash.h"

enum { SPARE_SLOTS = 16, CELLS_PER_FILE = 8, CELLS_PER_BYTE = 4 };

/* What a file begins with, in the order in which they were added. */
struct entry {
	struct fingerprint print;
	uint32_t number;
} __attribute__((packed, aligned(4)));

struct duplicates {
	/*
	 * How often a size was told, up to 2, by its hash: two sizes in one cell only cost a hash.
	 * Four cells a byte.
	 */
	uint8_t *cells;
	size_t cell_count; /* a power of two */
	ARRAY(struct entry) entries;
	uint64_t expected; /* files that share their size: about as many entries, or a few more */
	uint32_t *slots; /* index into entries plus 1, by its print; open addressing; 0: empty */
	size_t slot_count; /* at most 3/4 of it are used */
};

int duplicates_new(uint64_t files, struct duplicates **ret_duplicates)
{
	struct duplicates *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->cell_count = 64;
	while (d->cell_count < files * CELLS_PER_FILE)
		d->cell_count *= 2;
	d->cells = calloc(d->cell_count / CELLS_PER_BYTE, 1);
	if (!d->cells) {
		duplicates_free(d);
		return -ENOMEM;
	}
	*ret_duplicates = d;
	return 0;
}

void duplicates_free(struct duplicates *duplicates)
{
	if (!duplicates)
		return;
	free(duplicates->cells);
	array_release(&duplicates->entries);
	free(duplicates->slots);
	free(duplicates);
}

static size_t cell(const struct duplicates *d, uint64_t size)
{
	return hash_pair(size, 1) & (d->cell_count - 1);
}

/* Where the two bits of a cell are in its byte. */
static unsigned int shift(size_t cell)
{
	return (unsigned int)(cell % CELLS_PER_BYTE) * 2;
}

static unsigned int told(const struct duplicates *d, size_t cell)
{
	return d->cells[cell / CELLS_PER_BYTE] >> shift(cell) & 3;
}

void duplicates_tell_size(struct duplicates *d, uint64_t size)
{
	size_t at = cell(d, size);
	unsigned int before = told(d, at);

	if (before < 2)
		d->cells[at / CELLS_PER_BYTE] += (uint8_t)(1u << shift(at));
	if (before)
		d->expected += before < 2 ? 2 : 1; /* the second makes the first one count, too */
}

bool duplicates_possible(const struct duplicates *d, uint64_t size)
{
	return told(d, cell(d, size)) > 1;
}

/* The slot of these contents, or the empty one where they would be. */
static uint32_t *find(const struct duplicates *d, const struct fingerprint *print)
{
	size_t at = print->words[0] % d->slot_count;

	while (d->slots[at] && memcmp(&d->entries.items[d->slots[at] - 1].print, print,
				      sizeof(*print)) != 0)
		at = at + 1 < d->slot_count ? at + 1 : 0;
	return &d->slots[at];
}

bool duplicates_find(const struct duplicates *d, const struct fingerprint *print,
		     uint32_t *ret_number)
{
	uint32_t slot = d->slot_count ? *find(d, print) : 0;

	if (slot)
		*ret_number = d->entries.items[slot - 1].number;
	return slot != 0;
}

static int grow(struct duplicates *d)
{
	size_t count = d->slot_count ? d->slot_count / 2 * 3 : d->expected / 3 * 4 + SPARE_SLOTS;
	uint32_t *slots;

	if (d->entries.count < d->slot_count / 4 * 3)
		return 0;
	slots = calloc(count, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(d->slots);
	d->slots = slots;
	d->slot_count = count;
	for (size_t i = 0; i < d->entries.count; i++) {
		struct fingerprint print = d->entries.items[i].print;

		*find(d, &print) = (uint32_t)i + 1;
	}
	return 0;
}

int duplicates_add(struct duplicates *d, const struct fingerprint *print, uint32_t number)
{
	struct entry entry = {.print = *print, .number = number};
	int r = d->entries.count < UINT32_MAX ? grow(d) : -EFBIG;

	if (r == 0)
		r = array_push(&d->entries, entry);
	if (r == 0)
		*find(d, print) = (uint32_t)d->entries.count;
	return r;
}
