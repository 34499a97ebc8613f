// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/store.h"

#include <errno.h>
#include <string.h>

#include "pack/image/format.h"

int store_init(struct store *store, struct workers *workers, struct output *output,
	       uint32_t block_size, uint64_t files)
{
	*store = (struct store){.workers = workers, .output = output, .block_size = block_size};
	return array_reserve(&store->files, files);
}

void store_release(struct store *store)
{
	for (int kind = 0; kind < TAIL_KINDS; kind++)
		workers_put_back(store->workers, store->tails[kind].bytes);
	array_release(&store->files);
	array_release(&store->extents);
	array_release(&store->blocks);
	array_release(&store->fragments);
	*store = (struct store){0};
}

struct extent store_extent(const struct store *store, const struct file_data *file)
{
	return file->extent ? store->extents.items[file->extent - 1] : (struct extent){0};
}

static struct file_data *last_file(struct store *store)
{
	return &store->files.items[store->files.count - 1];
}

/* The blocks of the last file, which begin now if there are none yet. */
static int last_extent(struct store *store, struct extent **ret_extent)
{
	struct file_data *file = last_file(store);
	struct extent extent = {.first_block = (uint32_t)store->blocks.count};

	if (!file->extent) {
		if (array_push(&store->extents, extent) < 0)
			return -ENOMEM;
		file->extent = (uint32_t)store->extents.count;
	}
	*ret_extent = &store->extents.items[file->extent - 1];
	return 0;
}

/* --- blocks and fragments leave -------------------------------------------------------------- */

static int write_block(struct store *store, const struct job *job, uint64_t *ret_start,
		       uint32_t *ret_size)
{
	*ret_start = store->output->position;
	*ret_size = job->size | (job->raw ? SQFS_BLOCK_RAW : 0);
	if (job->effort != EFFORT_FULL) {
		if (!job->raw)
			*ret_size = job->tried;
		store->output->position += projection_add(&store->projection, job);
		return 0;
	}
	return output_add(store->output, job->data, job->size);
}

/* tag: extent << 32 | index of the block. */
static int block_done(const struct job *job, void *owner)
{
	struct store *store = owner;
	struct extent *extent = &store->extents.items[job->tag >> 32];
	uint64_t start;
	int r;

	r = write_block(store, job, &start, &store->blocks.items[job->tag & UINT32_MAX]);
	if (extent->start == 0)
		extent->start = start;
	return r;
}

static int fragment_done(const struct job *job, void *owner)
{
	struct store *store = owner;
	struct fragment *fragment = &store->fragments.items[job->tag];

	return write_block(store, job, &fragment->start, &fragment->size);
}

static int tails_leave(struct store *store, struct tails *tails)
{
	struct job job = {.data = tails->bytes,
			  .size = tails->fill,
			  .done = fragment_done,
			  .owner = store,
			  .tag = tails->fragment};

	if (!tails->bytes)
		return 0;
	*tails = (struct tails){0};
	projection_plan(&store->projection, &job);
	return workers_submit(store->workers, &job);
}

int store_cut(struct store *store)
{
	int r = 0;

	for (int kind = 0; kind < TAIL_KINDS && r == 0; kind++)
		r = tails_leave(store, &store->tails[kind]);
	return r;
}

int store_end(struct store *store)
{
	int r = store_cut(store);

	if (r == 0)
		r = workers_drain(store->workers);
	store->output->position += projection_rest(&store->projection);
	return r;
}

/* --- one file -------------------------------------------------------------------------------- */

int store_file(struct store *store)
{
	struct file_data file = {.fragment = SQFS_NO_FRAGMENT};

	if (store->files.count >= UINT32_MAX)
		return -EFBIG;
	return array_push(&store->files, file);
}

/* One more block of the last file. */
static int add_block(struct store *store, uint32_t size, struct extent **ret_extent)
{
	int r = store->blocks.count < UINT32_MAX ? last_extent(store, ret_extent) : -EFBIG;

	if (r == 0)
		r = array_push(&store->blocks, size);
	if (r == 0)
		(*ret_extent)->block_count++;
	return r;
}

int store_block(struct store *store, uint8_t *buffer, size_t size)
{
	struct job job = {.data = buffer,
			  .size = (uint32_t)size,
			  .as = store->light ? COMPRESS_LIGHT : COMPRESS_DATA,
			  .done = block_done,
			  .owner = store};
	struct extent *extent;
	int r = add_block(store, 0, &extent);

	if (r < 0) {
		workers_put_back(store->workers, buffer);
		return r;
	}
	job.tag = (uint64_t)(last_file(store)->extent - 1) << 32 | (store->blocks.count - 1);
	store->stored++;
	projection_plan(&store->projection, &job);
	return workers_submit(store->workers, &job);
}

int store_hole(struct store *store, size_t size)
{
	struct extent *extent;
	int r = add_block(store, 0, &extent);

	if (r == 0)
		extent->sparse += size;
	return r;
}

/* A block as it is in the image at `at`, once more. */
static int copy_block(struct store *store, uint32_t size, uint64_t at, uint8_t *buffer)
{
	uint32_t bytes = size & ~(uint32_t)SQFS_BLOCK_RAW;
	struct extent *extent;
	int r = add_block(store, size, &extent);

	if (r < 0)
		return r;
	if (!extent->start)
		extent->start = store->output->position;
	if (size != bytes || !projection_again(&store->projection, bytes))
		r = output_copy(store->output, buffer, bytes, at);
	store->stored++;
	return r;
}

int store_blocks_of(struct store *store, uint32_t file, uint32_t count)
{
	int r = workers_drain(store->workers); /* only then it is known where it starts */
	struct extent from = store_extent(store, &store->files.items[file]);
	uint64_t at = from.start;
	uint8_t *buffer = NULL;

	if (r == 0)
		r = workers_buffer(store->workers, &buffer);
	for (uint32_t i = 0; i < count && r == 0; i++) {
		uint32_t size = store->blocks.items[from.first_block + i];

		if (size)
			r = copy_block(store, size, at, buffer);
		else
			r = store_hole(store, store->block_size);
		at += size & ~(uint32_t)SQFS_BLOCK_RAW;
	}
	workers_put_back(store->workers, buffer);
	return r;
}

static int tails_begin(struct store *store, struct tails *tails)
{
	if (array_push(&store->fragments, (struct fragment){0}) < 0)
		return -ENOMEM;
	tails->fragment = (uint32_t)store->fragments.count - 1;
	return workers_buffer(store->workers, &tails->bytes);
}

int store_tail(struct store *store, enum tail_kind kind, const void *data, size_t size)
{
	struct tails *tails = &store->tails[kind];
	struct file_data *file = last_file(store);
	int r = 0;

	if (tails->fill + size > store->block_size)
		r = tails_leave(store, tails);
	if (r == 0 && !tails->bytes)
		r = tails_begin(store, tails);
	if (r < 0)
		return r;
	file->fragment = tails->fragment;
	file->fragment_offset = tails->fill;
	memcpy(tails->bytes + tails->fill, data, size);
	tails->fill += (uint32_t)size;
	return 0;
}
