// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/metadata.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "pack/image/format.h"

int metadata_init(struct metadata *metadata, struct workers *workers, struct output *output)
{
	*metadata = (struct metadata){.workers = workers, .output = output, .kept = TEXT_INIT};
	return array_push(&metadata->starts, (uint64_t)0);
}

void metadata_release(struct metadata *metadata)
{
	if (metadata->block)
		workers_put_back(metadata->workers, metadata->block);
	if (metadata->kept.bytes)
		text_release(&metadata->kept);
	array_release(&metadata->starts);
	metadata->block = NULL;
}

/* A block's turn has come. */
static int block_done(const struct job *job, void *owner)
{
	struct metadata *m = owner;
	uint16_t header = htole16((uint16_t)(job->size | (job->raw ? SQFS_META_RAW : 0)));
	int r;

	if (m->output) {
		r = output_add(m->output, &header, sizeof(header));
		if (r == 0)
			r = output_add(m->output, job->data, job->size);
	} else {
		r = text_add_bytes(&m->kept, &header, sizeof(header));
		if (r == 0)
			r = text_add_bytes(&m->kept, job->data, job->size);
	}
	m->size += sizeof(header) + job->size;
	return r < 0 ? r : array_push(&m->starts, m->size);
}

static int block_submit(struct metadata *m)
{
	struct job job = {.data = m->block,
			  .size = m->fill,
			  .as = COMPRESS_METADATA,
			  .done = block_done,
			  .owner = m};

	m->block = NULL;
	m->fill = 0;
	m->submitted++;
	return workers_submit(m->workers, &job);
}

int metadata_add(struct metadata *m, const void *data, size_t size)
{
	const uint8_t *bytes = data;
	int r;

	while (size) {
		size_t part = SQFS_META_SIZE - m->fill;

		if (!m->block) {
			r = workers_buffer(m->workers, &m->block);
			if (r < 0)
				return r;
		}
		if (part > size)
			part = size;
		memcpy(m->block + m->fill, bytes, part);
		m->fill += (uint32_t)part;
		bytes += part;
		size -= part;
		if (m->fill == SQFS_META_SIZE) {
			r = block_submit(m);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

uint64_t metadata_place(const struct metadata *m)
{
	return m->submitted << 16 | m->fill;
}

int metadata_reference(struct metadata *m, uint64_t place, uint64_t *ret_reference)
{
	uint64_t block = place >> 16;

	while (m->starts.count <= block) {
		int r = workers_finish_one(m->workers);

		if (r <= 0)
			return r < 0 ? r : -EINVAL;
	}
	*ret_reference = m->starts.items[block] << 16 | (place & 0xffff);
	return 0;
}

int metadata_end(struct metadata *m)
{
	int r = m->fill ? block_submit(m) : 0;

	return r < 0 ? r : workers_drain(m->workers);
}
