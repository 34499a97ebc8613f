// SPDX-License-Identifier: BSD-2-Clause
/*
 * The walk: number the inodes, store the contents, write the tables, and last the superblock that
 * makes an image of it.
 *
 * Order is what makes an image quick to start from. Contents: files with an order first and in that
 * order, the others behind in the order of their paths. Inodes: leaves that are never used, leaves in
 * order of use, directories never used, directories on the way to what is used, the root. So what a
 * start needs of the tables lies in one run, and children come before their parents, whose listings
 * need to know where they are. Directories of one height are written together: no listing of theirs
 * waits for another, which keeps the workers busy.
 */
#include "pack/image/image.h"

#include <endian.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db/base/cleanup.h"
#include "pack/image/directory.h"
#include "pack/image/inode.h"
#include "pack/image/writer.h"

enum {
	MEMORY_DEFAULT = 24 * 1024 * 1024, /* bytes of blocks in flight */
	SMALL_NOMINAL_LEVEL = 19,
	THREADS_MAX = 256,
};

/* A directory and when its turn is. */
struct turn {
	struct node *node;
	uint64_t key; /* hot << 63 | height << 32 | number in the walk */
};

/* The nodes in the orders they are written in. */
struct plan {
	ARRAY(struct node *) leaves; /* one name for each inode; cold ones, then hot ones */
	size_t cold; /* how many are cold */
	ARRAY(struct turn) directories;
	struct writer *writer;
	struct error *err;
	int64_t newest;
};

static unsigned int processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	return CPU_COUNT(&set) > THREADS_MAX ? THREADS_MAX : (unsigned int)CPU_COUNT(&set);
}

static int options_fill(struct image_options *options, struct error *err)
{
	if (!options->block_size)
		options->block_size = options->small ? IMAGE_BLOCK_MAX : IMAGE_BLOCK_DEFAULT;
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

/* --- planning ------------------------------------------------------------------------------- */

static int plan_leaf(struct plan *plan, struct node *node)
{
	struct inode *inode = node->inode;

	if (inode->order)
		node->parent->inode->order = 1; /* a directory's says only: on the way */
	if (inode->number)
		return 0; /* another name of it came before */
	inode->number = ++plan->writer->inode_count;
	if (S_ISREG(inode->mode) && inode->size)
		data_expect(&plan->writer->data, inode);
	return array_push(&plan->leaves, node);
}

/* Children are numbered together, so that a listing's differences are small. */
static int plan_node(struct node *node, void *data)
{
	struct plan *plan = data;
	int r;

	r = inode_check(plan->writer, node, plan->err);
	if (r < 0)
		return r;
	if (node->inode->mtime > plan->newest)
		plan->newest = node->inode->mtime;
	if (!node_is_dir(node))
		return 0;
	for (uint32_t i = 0; i < node->child_count; i++) {
		struct node *child = node->children[i];

		if (node_is_dir(child))
			child->inode->number = ++plan->writer->inode_count;
		else if ((r = plan_leaf(plan, child)) < 0)
			return r;
	}
	return array_push(&plan->directories,
			  ((struct turn){.node = node, .key = plan->directories.count}));
}

static int forget(struct node *node, void *data)
{
	(void)data;
	node->inode->number = 0;
	node->inode->scratch = 0;
	return 0;
}

static int compare_use(const void *a, const void *b)
{
	const struct node *const *left = a, *const *right = b;
	uint64_t l = (*left)->inode->order, r = (*right)->inode->order;

	if (l != r)
		return l < r ? -1 : 1;
	return (*left)->inode->number < (*right)->inode->number ? -1 : 1;
}

static int compare_turns(const void *a, const void *b)
{
	const struct turn *left = a, *right = b;

	return left->key < right->key ? -1 : left->key > right->key;
}

/* Unused leaves in path order first, then the used ones as they are used. */
static void plan_leaves(struct plan *plan)
{
	/* numbers follow the paths, so sorting by (order, number) does both */
	if (plan->leaves.count)
		qsort(plan->leaves.items, plan->leaves.count, sizeof(*plan->leaves.items),
		      compare_use);
	while (plan->cold < plan->leaves.count && !plan->leaves.items[plan->cold]->inode->order)
		plan->cold++;
}

/* Heights and heat climb from children to parents: the walk's order backwards. */
static void plan_directories(struct plan *plan)
{
	struct turn *turns = plan->directories.items;

	for (size_t i = plan->directories.count; i--;) {
		struct inode *inode = turns[i].node->inode;
		struct inode *parent = turns[i].node->parent->inode;
		uint64_t height = inode->scratch;

		if (parent != inode) {
			if (parent->scratch <= height)
				parent->scratch = height + 1;
			if (inode->order && !parent->order)
				parent->order = 1;
		}
		turns[i].key |= height << 32 | (uint64_t)(inode->order != 0) << 63;
	}
	qsort(turns, plan->directories.count, sizeof(*turns), compare_turns);
}

static int plan_make(struct plan *plan)
{
	struct writer *writer = plan->writer;
	struct node *root = tree_root(writer->tree);
	int r;

	if (tree_inode_count(writer->tree) >= UINT32_MAX)
		return error_set(plan->err, -EOVERFLOW, "an image holds at most %u files",
				 UINT32_MAX - 1);
	tree_walk(writer->tree, forget, NULL);
	r = tree_sort(writer->tree);
	if (r == 0)
		r = tree_walk(writer->tree, plan_node, plan);
	if (r < 0)
		return r;
	root->inode->number = ++writer->inode_count;
	plan_leaves(plan);
	plan_directories(plan);
	writer->stats.inodes = writer->inode_count;
	return 0;
}

static void plan_release(struct plan *plan)
{
	array_release(&plan->leaves);
	array_release(&plan->directories);
}

/* --- writing -------------------------------------------------------------------------------- */

static int write_contents_of(struct writer *writer, const struct plan *plan, size_t from,
			     size_t to, struct error *err)
{
	int r = 0;

	for (size_t i = from; i < to && r == 0; i++)
		if (S_ISREG(plan->leaves.items[i]->inode->mode))
			r = data_add(&writer->data, plan->leaves.items[i], err);
	return r < 0 ? r : data_cut(&writer->data);
}

static int write_contents(struct writer *writer, const struct plan *plan, struct error *err)
{
	int r;

	r = write_contents_of(writer, plan, plan->cold, plan->leaves.count, err);
	if (r == 0)
		r = write_contents_of(writer, plan, 0, plan->cold, err);
	if (r == 0)
		r = data_end(&writer->data);
	writer->stats.fragments = writer->data.fragments.count;
	return r;
}

static int is_cancelled(const struct writer *writer)
{
	return writer->options.cancel && *writer->options.cancel ? -EINTR : 0;
}

static int write_leaves(struct writer *writer, const struct plan *plan, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < plan->leaves.count && r == 0; i++) {
		r = inode_write_leaf(writer, plan->leaves.items[i], err);
		if (r == 0)
			r = is_cancelled(writer);
	}
	return r;
}

/* Directories of one height: first all listings, then all inodes. */
static int write_group(struct writer *writer, const struct turn *turns, size_t count,
		       struct error *err)
{
	struct listing *listings = calloc(count, sizeof(*listings));
	size_t made = 0;
	int r = listings ? 0 : -ENOMEM;

	while (made < count && r == 0) {
		r = directory_write(writer, turns[made].node, &listings[made]);
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

static int write_directories(struct writer *writer, const struct plan *plan, struct error *err)
{
	const struct turn *turns = plan->directories.items;
	size_t from = 0;
	int r = 0;

	for (size_t to = 1; to <= plan->directories.count && r == 0; to++) {
		if (to < plan->directories.count && turns[to].key >> 32 == turns[from].key >> 32)
			continue;
		r = write_group(writer, turns + from, to - from, err);
		if (r == 0)
			r = is_cancelled(writer);
		from = to;
	}
	/* older kernels want the directory table not to be empty */
	if (r == 0 && !metadata_place(&writer->directories))
		r = metadata_add(&writer->directories, "", 1);
	return r;
}

static int write_inode_tables(struct writer *writer, const struct plan *plan,
			      struct sqfs_super *super, struct error *err)
{
	uint64_t root;
	int r;

	super->inode_table = htole64(writer->output.position);
	r = write_leaves(writer, plan, err);
	if (r == 0)
		r = write_directories(writer, plan, err);
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

static int write_fragments(struct writer *writer, struct metadata *table, uint64_t *ret_position)
{
	int r = 0;

	*ret_position = SQFS_NO_TABLE;
	for (size_t i = 0; i < writer->data.fragments.count && r == 0; i++) {
		struct sqfs_fragment fragment = {
			.start = htole64(writer->data.fragments.items[i].start),
			.size = htole32(writer->data.fragments.items[i].size),
		};

		r = metadata_add(table, &fragment, sizeof(fragment));
	}
	if (r < 0 || !writer->data.fragments.count)
		return r;
	return table_write(&writer->output, table, NULL, 0, ret_position);
}

static int note_export(struct node *node, void *data)
{
	struct writer *writer = data;

	writer->exports[node->inode->number - 1] = node->inode->scratch;
	return 0;
}

static int write_exports(struct writer *writer, struct metadata *table, uint64_t *ret_position)
{
	int r = 0;

	*ret_position = SQFS_NO_TABLE;
	if (!writer->options.exportable)
		return 0;
	writer->exports = calloc(writer->inode_count, sizeof(*writer->exports));
	if (!writer->exports)
		return -ENOMEM;
	tree_walk(writer->tree, note_export, writer);
	for (uint32_t i = 0; i < writer->inode_count && r == 0; i++) {
		uint64_t reference;

		r = metadata_reference(&writer->inodes, writer->exports[i], &reference);
		reference = htole64(reference);
		if (r == 0)
			r = metadata_add(table, &reference, sizeof(reference));
	}
	return r < 0 ? r : table_write(&writer->output, table, NULL, 0, ret_position);
}

static int write_ids(struct writer *writer, struct metadata *table, uint64_t *ret_position)
{
	int r = 0;

	for (uint32_t i = 0; i < writer->ids.count && r == 0; i++) {
		uint32_t number = htole32(writer->ids.numbers[i]);

		r = metadata_add(table, &number, sizeof(number));
	}
	return r < 0 ? r : table_write(&writer->output, table, NULL, 0, ret_position);
}

/* A small table through one of the functions above. */
static int write_table(struct writer *writer,
		       int (*write)(struct writer *, struct metadata *, uint64_t *),
		       uint64_t *ret_position)
{
	struct metadata table;
	uint64_t position = 0;
	int r = metadata_init(&table, writer->workers, NULL);

	if (r == 0)
		r = write(writer, &table, &position);
	*ret_position = htole64(position);
	metadata_release(&table);
	return r;
}

static int write_tables(struct writer *writer, struct sqfs_super *super)
{
	uint64_t fragments = 0, exports = 0, ids = 0, xattrs;
	int r;

	r = write_table(writer, write_fragments, &fragments);
	if (r == 0)
		r = write_table(writer, write_exports, &exports);
	if (r == 0)
		r = write_table(writer, write_ids, &ids);
	if (r == 0)
		r = xattrs_write(&writer->xattrs, &writer->output, &xattrs);
	if (r < 0)
		return r;
	super->fragment_table = fragments;
	super->export_table = exports;
	super->id_table = ids;
	super->xattr_table = htole64(xattrs);
	return 0;
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
	super->fragment_count = htole32((uint32_t)writer->data.fragments.count);
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
		r = write_contents(writer, plan, err);
	writer->stats.data_out = writer->output.position - data_from;
	if (r == 0)
		r = write_inode_tables(writer, plan, &super, err);
	if (r == 0)
		r = write_tables(writer, &super);
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
	r = options_fill(&writer->options, err);
	if (r < 0)
		return r;
	struct workers_options workers = {
		.compressor = {.level = writer->options.level, .small = writer->options.small},
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

static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int image_write(struct tree *tree, const struct image_options *options, int fd,
		struct image_stats *ret_stats, struct error *err)
{
	struct writer writer = {0};
	struct plan plan = {.writer = &writer, .err = err};
	struct error own = ERROR_INIT;
	double started = seconds_now();
	int r;

	if (!err)
		plan.err = err = &own;
	err->message[0] = '\0'; /* what it held before is not about this */
	r = writer_init(&writer, tree, options, fd, err);
	if (r == 0)
		r = write_all(&writer, &plan, err);
	writer.stats.bytes_out = writer.output.position;
	writer.stats.seconds = seconds_now() - started;
	if (writer.workers) {
		writer.stats.memory_peak = workers_memory(writer.workers);
		writer.stats.starved_seconds = workers_starved(writer.workers);
	}
	for (size_t i = 0; i < writer.data.files.count; i++)
		writer.stats.bytes_sparse += writer.data.files.items[i].sparse;
	if (ret_stats)
		*ret_stats = writer.stats;
	plan_release(&plan);
	writer_release(&writer);
	if (r == 0 && writer.stats.changed)
		return error_set(err, -ESTALE, "%llu files changed while they were being packed",
				 (unsigned long long)writer.stats.changed);
	if (r < 0 && !err->message[0])
		return r == -EINTR ? error_set(err, r, "interrupted")
				   : error_code(err, r, "cannot write the image");
	return r;
}
