// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/duplicates.h"

#include <errno.h>
#include <stdlib.h>

#include "db/base/hash.h"

enum { FIRST_ENTRIES = 1024, CELLS_PER_FILE = 8 };

struct entry {
	struct fingerprint print;
	uint32_t number; /* plus 1; 0: empty */
};

struct duplicates {
	/* How often a size was told, up to 2, by its hash: two sizes in one cell only cost a hash. */
	uint8_t *cells;
	size_t cell_count; /* a power of two */
	struct entry *entries; /* open addressing */
	size_t entry_count, used; /* a power of two; at most 3/4 of it */
};

int duplicates_new(uint64_t files, struct duplicates **ret_duplicates)
{
	struct duplicates *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->cell_count = 64;
	while (d->cell_count < files * CELLS_PER_FILE)
		d->cell_count *= 2;
	d->cells = calloc(d->cell_count, 1);
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
	free(duplicates->entries);
	free(duplicates);
}

static uint8_t *cell(const struct duplicates *d, uint64_t size)
{
	return &d->cells[hash_pair(size, 1) & (d->cell_count - 1)];
}

void duplicates_tell_size(struct duplicates *d, uint64_t size)
{
	uint8_t *told = cell(d, size);

	if (*told < 2)
		++*told;
}

bool duplicates_possible(const struct duplicates *d, uint64_t size)
{
	return *cell(d, size) > 1;
}

static struct entry *find(const struct duplicates *d, const struct fingerprint *print)
{
	size_t at = print->words[0] & (d->entry_count - 1);

	while (d->entries[at].number && (d->entries[at].print.words[0] != print->words[0] ||
					 d->entries[at].print.words[1] != print->words[1]))
		at = (at + 1) & (d->entry_count - 1);
	return &d->entries[at];
}

bool duplicates_find(const struct duplicates *d, const struct fingerprint *print,
		     uint32_t *ret_number)
{
	const struct entry *entry;

	if (!d->entry_count)
		return false;
	entry = find(d, print);
	if (entry->number)
		*ret_number = entry->number - 1;
	return entry->number != 0;
}

static int grow(struct duplicates *d)
{
	struct entry *old = d->entries;
	size_t count = d->entry_count;

	if (d->used < count / 4 * 3)
		return 0;
	d->entry_count = count ? count * 2 : FIRST_ENTRIES;
	d->entries = calloc(d->entry_count, sizeof(*d->entries));
	if (!d->entries) {
		d->entries = old;
		d->entry_count = count;
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		if (old[i].number)
			*find(d, &old[i].print) = old[i];
	free(old);
	return 0;
}

int duplicates_add(struct duplicates *d, const struct fingerprint *print, uint32_t number)
{
	int r = grow(d);

	if (r < 0)
		return r;
	*find(d, print) = (struct entry){.print = *print, .number = number + 1};
	d->used++;
	return 0;
}
