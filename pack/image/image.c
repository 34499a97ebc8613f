// SPDX-License-Identifier: BSD-2-Clause
/*
 * The walk: number the inodes, store the contents, write the tables, and last the superblock that
 * makes an image of it.
 *
 * Order is what makes an image quick to start from. Contents: files with an order first and in that
 * order, the others behind in the order of their paths; a file that is only looked at has its inode
 * among the used ones and its contents among the others. Inodes: leaves that are never used and the
 * directories that hold nothing else, then leaves in order of use, directories on the way to them, the
 * root. So what a start needs of the tables lies in one run, and children come before their parents,
 * whose listings need to know where they are.
 *
 * Unused directories of one height are written together: no listing of theirs waits for another, which
 * keeps the workers busy. Used ones follow the walk backwards, so that a directory lies behind those
 * below it, with which it is used, and none of their listings runs through more metadata blocks than
 * it must: the kernel keeps eight such blocks, and a program that looks around in nine reads each anew.
 */
#include "pack/image/image.h"

#include <endian.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "pack/image/directory.h"
#include "pack/image/inode.h"
#include "pack/image/plan.h"
#include "pack/image/tables.h"
#include "pack/image/writer.h"

enum {
	MEMORY_DEFAULT = 24 * 1024 * 1024, /* bytes of blocks in flight */
	SMALL_NOMINAL_LEVEL = 19,
	THREADS_MAX = 256,
};

static unsigned int processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	return CPU_COUNT(&set) > THREADS_MAX ? THREADS_MAX : (unsigned int)CPU_COUNT(&set);
}

static int has_order(struct node *node, void *data)
{
	(void)data;
	return node->inode->order != 0;
}

static uint32_t block_size_for(struct tree *tree, const struct image_options *options)
{
	if (options->small)
		return IMAGE_BLOCK_MAX;
	return tree_walk(tree, has_order, NULL) ? IMAGE_BLOCK_ORDERED : IMAGE_BLOCK_DEFAULT;
}

static int options_fill(struct image_options *options, struct tree *tree, struct error *err)
{
	if (!options->block_size)
		options->block_size = block_size_for(tree, options);
	if (!options->level)
		options->level = options->small ? SMALL_NOMINAL_LEVEL : IMAGE_LEVEL_DEFAULT;
	if (!options->threads)
		options->threads = processors();
	if (options->threads > THREADS_MAX)
		options->threads = THREADS_MAX;
	if (!options->memory)
		options->memory = MEMORY_DEFAULT;
	if (options->block_size < IMAGE_BLOCK_MIN || options->block_size > IMAGE_BLOCK_MAX ||
	    options->block_size & (options->block_size - 1))
		return error_set(err, -EINVAL, "a block of %u bytes is not possible; it is a power of "
					       "two from %d to %d",
				 options->block_size, IMAGE_BLOCK_MIN, IMAGE_BLOCK_MAX);
	if (options->level < 1 || options->level > 22)
		return error_set(err, -EINVAL, "level %d is not possible; zstd has 1 to 22",
				 options->level);
	return 0;
}

/* --- writing -------------------------------------------------------------------------------- */

static int write_contents_of(struct plan *plan, struct node *leaf)
{
	return S_ISREG(leaf->inode->mode) ? data_add(&plan->writer->data, leaf, plan->err) : 0;
}

static int write_hot_contents(struct plan *plan, bool unread)
{
	int r = 0;

	for (size_t i = 0; i < plan->hot.count && r == 0; i++)
		if (plan->hot.items[i]->inode->unread == unread)
			r = write_contents_of(plan, plan->hot.items[i]);
	return r < 0 ? r : store_cut(&plan->writer->data.store);
}

static int write_contents(struct writer *writer, struct plan *plan)
{
	int r;

	if (writer->options.dry_run)
		projection_init(&writer->data.store.projection, writer->options.level,
				writer->data.total);
	r = write_hot_contents(plan, false);
	if (r == 0)
		r = write_hot_contents(plan, true);
	if (r == 0)
		r = plan_each_cold(plan, write_contents_of);
	if (r == 0)
		r = data_end(&writer->data);
	writer->stats.bytes_error = projection_error(&writer->data.store.projection);
	writer->stats.blocks = writer->data.store.stored;
	writer->stats.fragments = writer->data.store.fragments.count;
	return r;
}

static int is_cancelled(const struct writer *writer)
{
	return writer->options.cancel && *writer->options.cancel ? -EINTR : 0;
}

static int write_leaf(struct plan *plan, struct node *leaf)
{
	int r = inode_write_leaf(plan->writer, leaf, plan->err);

	return r < 0 ? r : is_cancelled(plan->writer);
}

/* The directories of a group: first all listings, then all inodes. */
static int write_group(struct writer *writer, const struct turn *turns, size_t count,
		       struct error *err)
{
	struct listing *listings = calloc(count, sizeof(*listings));
	size_t made = 0;
	int r = listings ? 0 : -ENOMEM;

	while (made < count && r == 0) {
		r = directory_write(writer, turns[made].node, turns[made].key & TURN_HOT,
				    &listings[made]);
		made += r == 0;
	}
	for (size_t i = 0; i < count && r == 0; i++) {
		r = directory_finish(writer, &listings[i]);
		if (r == 0)
			r = inode_write_directory(writer, turns[i].node, &listings[i], err);
	}
	for (size_t i = 0; i < made; i++)
		listing_release(&listings[i]);
	free(listings);
	return r;
}

static int write_directories(struct writer *writer, const struct plan *plan, size_t from, size_t end,
			     struct error *err)
{
	const struct turn *turns = plan->directories.items;
	int r = 0;

	for (size_t to = from + 1; to <= end && r == 0; to++) {
		if (to < end && turns[to].key >> 32 == turns[from].key >> 32)
			continue;
		r = write_group(writer, turns + from, to - from, err);
		if (r == 0)
			r = is_cancelled(writer);
		from = to;
	}
	return r;
}

/* What is never used, then what is: the hot run is the end of both tables. */
static int write_inodes(struct writer *writer, struct plan *plan)
{
	int r = plan_each_cold(plan, write_leaf);

	if (r == 0)
		r = write_directories(writer, plan, 0, plan->cold_directories, plan->err);
	for (size_t i = 0; i < plan->hot.count && r == 0; i++)
		r = write_leaf(plan, plan->hot.items[i]);
	if (r == 0)
		r = write_directories(writer, plan, plan->cold_directories, plan->directories.count,
				      plan->err);
	/* older kernels want the directory table not to be empty */
	if (r == 0 && !metadata_place(&writer->directories))
		r = metadata_add(&writer->directories, "", 1);
	return r;
}

static int write_inode_tables(struct writer *writer, struct plan *plan, struct sqfs_super *super,
			      struct error *err)
{
	uint64_t root;
	int r;

	super->inode_table = htole64(writer->output.position);
	r = write_inodes(writer, plan);
	if (r == 0)
		r = metadata_end(&writer->inodes);
	if (r == 0)
		r = metadata_end(&writer->directories);
	if (r == 0)
		r = metadata_reference(&writer->inodes, tree_root(writer->tree)->inode->scratch,
				       &root);
	if (r < 0)
		return r;
	if (writer->inodes.size > UINT32_MAX)
		return error_set(err, -EFBIG, "cannot store the inodes: they take over 4 GiB");
	super->root = htole64(root);
	super->directory_table = htole64(writer->output.position);
	return output_add(&writer->output, writer->directories.kept.bytes,
			  writer->directories.kept.size);
}

static uint32_t image_time(const struct writer *writer, const struct plan *plan)
{
	int64_t time = writer->options.has_time ? writer->options.time : plan->newest;

	return time < 0 ? 0 : time > UINT32_MAX ? UINT32_MAX : (uint32_t)time;
}

static int write_compressor_options(struct writer *writer)
{
	struct {
		uint16_t header;
		struct sqfs_zstd_options options;
	} __attribute__((packed)) block = {
		.header = htole16(SQFS_META_RAW | sizeof(struct sqfs_zstd_options)),
		.options = {.level = htole32((uint32_t)writer->options.level)},
	};

	return output_add(&writer->output, &block, sizeof(block));
}

static int write_super(struct writer *writer, const struct plan *plan, struct sqfs_super *super)
{
	static const char zeroes[SQFS_PADDING];
	uint16_t flags = SQFS_FLAG_COMPRESSOR_OPTIONS | SQFS_FLAG_ALWAYS_FRAGMENTS;
	size_t padding = -writer->output.position & (SQFS_PADDING - 1);
	int r;

	flags |= writer->options.no_dedup ? 0 : SQFS_FLAG_DEDUPLICATED;
	flags |= writer->options.exportable ? SQFS_FLAG_EXPORTABLE : 0;
	flags |= writer->options.no_xattrs ? SQFS_FLAG_NO_XATTRS : 0;
	super->magic = htole32(SQFS_MAGIC);
	super->inode_count = htole32(writer->inode_count);
	super->time = htole32(image_time(writer, plan));
	super->block_size = htole32(writer->options.block_size);
	super->fragment_count = htole32((uint32_t)writer->data.store.fragments.count);
	super->compressor = htole16(SQFS_ZSTD);
	super->block_log = htole16((uint16_t)__builtin_ctz(writer->options.block_size));
	super->flags = htole16(flags);
	super->id_count = htole16((uint16_t)writer->ids.count);
	super->major = htole16(SQFS_MAJOR);
	super->bytes_used = htole64(writer->output.position);
	r = output_add(&writer->output, zeroes, padding);
	/* last, so that nothing before this moment looks like an image */
	return r < 0 ? r : output_replace(&writer->output, super, sizeof(*super), 0);
}

/* The file from the first byte to the last. */
static int write_all(struct writer *writer, struct plan *plan, struct error *err)
{
	struct sqfs_super super = {0};
	uint64_t data_from;
	int r;

	r = plan_make(plan);
	if (r == 0)
		r = output_add(&writer->output, &super, sizeof(super));
	if (r == 0)
		r = write_compressor_options(writer);
	data_from = writer->output.position;
	if (r == 0)
		r = write_contents(writer, plan);
	writer->stats.data_out = writer->output.position - data_from;
	if (r == 0)
		r = write_inode_tables(writer, plan, &super, err);
	if (r == 0)
		r = tables_write(writer, &super);
	writer->stats.metadata_out = writer->output.position - data_from - writer->stats.data_out;
	return r < 0 ? r : write_super(writer, plan, &super);
}

static int writer_init(struct writer *writer, struct tree *tree,
		       const struct image_options *options, int fd, struct error *err)
{
	int r;

	writer->options = *options;
	writer->tree = tree;
	writer->output.fd = options->dry_run ? -1 : fd;
	r = options_fill(&writer->options, tree, err);
	if (r < 0)
		return r;
	struct workers_options workers = {
		.compressor = {.level = writer->options.level,
			       .block_size = writer->options.block_size,
			       .small = writer->options.small},
		.threads = writer->options.threads,
		.memory = writer->options.memory,
		.buffer_size = writer->options.block_size < SQFS_META_SIZE
				       ? SQFS_META_SIZE
				       : writer->options.block_size,
	};
	r = workers_new(&workers, &writer->workers);
	if (r == 0)
		r = data_init(&writer->data, writer->workers, &writer->output, &writer->options,
			      &writer->stats, tree_inode_count(tree));
	if (r == 0)
		r = metadata_init(&writer->inodes, writer->workers, &writer->output);
	if (r == 0)
		r = metadata_init(&writer->directories, writer->workers, NULL);
	if (r == 0)
		r = ids_init(&writer->ids);
	return r < 0 ? r : xattrs_init(&writer->xattrs, writer->workers);
}

static void writer_release(struct writer *writer)
{
	if (writer->workers) {
		data_release(&writer->data);
		metadata_release(&writer->inodes);
		metadata_release(&writer->directories);
		xattrs_release(&writer->xattrs);
	}
	ids_release(&writer->ids);
	workers_free(writer->workers);
	free(writer->exports);
}

int image_write(struct tree *tree, const struct image_options *options, int fd,
		struct image_stats *ret_stats, struct error *err)
{
	struct writer writer = {0};
	struct plan plan = {.writer = &writer, .err = err};
	struct error own = ERROR_INIT;
	double started = clock_steady_seconds();
	int r;

	if (!err)
		plan.err = err = &own;
	err->message[0] = '\0'; /* what it held before is not about this */
	r = writer_init(&writer, tree, options, fd, err);
	if (r == 0)
		r = write_all(&writer, &plan, err);
	writer.stats.bytes_out = writer.output.position;
	writer.stats.seconds = clock_steady_seconds() - started;
	if (writer.workers) {
		writer.stats.memory_peak = workers_memory(writer.workers);
		writer.stats.starved_seconds = workers_starved(writer.workers);
	}
	for (size_t i = 0; i < writer.data.store.extents.count; i++)
		writer.stats.bytes_sparse += writer.data.store.extents.items[i].sparse;
	if (ret_stats)
		*ret_stats = writer.stats;
	plan_release(&plan);
	writer_release(&writer);
	if (r == 0 && writer.stats.changed)
		return error_set(err, -ESTALE, "%llu files changed while they were being packed",
				 (unsigned long long)writer.stats.changed);
	if (r == -EINTR && !err->message[0])
		return error_set(err, r, "interrupted");
	if (r < 0 && !err->message[0])
		return options->name ? error_code(err, r, "cannot write '%s'", options->name)
				     : error_code(err, r, "cannot write the image");
	return r;
}
