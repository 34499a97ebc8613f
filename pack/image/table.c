// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/table.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>

#include "db/base/hash.h"
#include "pack/image/format.h"

enum { ID_SLOTS = 128 * 1024 };

int table_write(struct output *output, struct metadata *metadata, void *header,
		size_t header_size, uint64_t *ret_position)
{
	uint64_t start = output->position;
	int r;

	r = metadata_end(metadata);
	if (r == 0)
		r = output_add(output, metadata->kept.bytes, metadata->kept.size);
	if (r < 0)
		return r;
	*ret_position = output->position;
	if (header_size)
		r = output_add(output, header, header_size);
	/* the last start is that of a block that never came */
	for (size_t i = 0; r == 0 && i + 1 < metadata->starts.count; i++) {
		uint64_t position = htole64(start + metadata->starts.items[i]);

		r = output_add(output, &position, sizeof(position));
	}
	return r;
}

int ids_init(struct ids *ids)
{
	ids->count = 0;
	ids->numbers = calloc(SQFS_IDS_MAX, sizeof(*ids->numbers));
	ids->slots = calloc(ID_SLOTS, sizeof(*ids->slots));
	return ids->numbers && ids->slots ? 0 : -ENOMEM;
}

void ids_release(struct ids *ids)
{
	free(ids->numbers);
	free(ids->slots);
	ids->numbers = NULL;
	ids->slots = NULL;
}

int ids_index(struct ids *ids, uint32_t number, uint16_t *ret_index)
{
	size_t at = hash_number(number) % ID_SLOTS;

	while (ids->slots[at] && ids->numbers[ids->slots[at] - 1] != number)
		at = (at + 1) % ID_SLOTS;
	if (!ids->slots[at]) {
		if (ids->count == SQFS_IDS_MAX)
			return -EOVERFLOW;
		ids->numbers[ids->count++] = number;
		ids->slots[at] = ids->count;
	}
	*ret_index = (uint16_t)(ids->slots[at] - 1);
	return 0;
}
