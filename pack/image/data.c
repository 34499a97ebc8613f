// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/data.h"

#include <errno.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "pack/image/duplicates.h"
#include "pack/image/feed.h"

enum { LOOK_AT = 512 }; /* bytes; text has no NUL among them */

/* One file on its way. */
struct passage {
	struct data *data;
	struct feed feed;
	uint64_t size;     /* what it has; less than was scanned when it shrank */
	uint64_t position; /* bytes behind us */
	bool watched;      /* others have its size: it may be a duplicate, or they of it */
	bool has_changed;  /* since it was scanned, which has been said */
	bool alike;        /* nothing has been stored yet: it begins as `twin` does, then come zeroes */
	uint32_t twin;     /* a file before it, if they have anything in common */
	uint64_t common;   /* bytes that both are known to begin with; 0: no twin */
	struct fingerprint print; /* of all before position */
};

int data_init(struct data *data, struct workers *workers, struct output *output,
	      const struct image_options *options, struct image_stats *stats, uint64_t files)
{
	int r;

	*data = (struct data){.options = options, .stats = stats};
	r = store_init(&data->store, workers, output, options->block_size, files);
	if (r == 0 && !options->no_dedup)
		r = duplicates_new(files, &data->duplicates);
	if (r == 0 && !options->no_dedup)
		r = digest_new(&data->digest);
	return r;
}

static void forget_duplicates(struct data *data)
{
	duplicates_free(take(data->duplicates));
	digest_free(take(data->digest));
}

void data_release(struct data *data)
{
	store_release(&data->store);
	forget_duplicates(data);
	*data = (struct data){0};
}

void data_expect(struct data *data, const struct inode *inode)
{
	data->total += inode->size;
	if (data->duplicates)
		duplicates_tell_size(data->duplicates, inode->size);
}

static void behind_us(struct data *data, uint64_t bytes)
{
	data->stats->bytes_in += bytes;
	if (data->options->progress)
		data->options->progress(data->stats->bytes_in, data->total,
					data->options->progress_data);
}

static bool is_cancelled(const struct data *data)
{
	return data->options->cancel && *data->options->cancel;
}

/* --- is there one like it? ------------------------------------------------------------------ */

/* It is a file of its own: what was held back is stored now. */
static int diverge(struct passage *p)
{
	struct store *store = &p->data->store;
	uint64_t common = p->common / store->block_size, count = p->position / store->block_size;
	int r = store_file(store);

	p->alike = false;
	p->feed.node->inode->scratch = store->files.count - 1;
	if (r == 0 && common)
		r = store_blocks_of(store, p->twin, (uint32_t)common);
	for (uint64_t i = common; i < count && r == 0; i++)
		r = store_hole(store, store->block_size);
	return r;
}

/* Its next bytes, or NULL for zeroes: still like another? The end of a file is always looked up. */
static int compare_next(struct passage *p, const void *bytes, size_t size)
{
	struct data *data = p->data;
	bool last = p->position + size == p->size;
	int r;

	if (!p->watched)
		return 0;
	r = fingerprint_add(&p->print, data->digest, bytes, size);
	if (r < 0 || (!bytes && !last))
		return r;
	if (p->alike && duplicates_find(data->duplicates, &p->print, &p->twin)) {
		p->common = p->position + size;
		return 0;
	}
	r = p->alike ? diverge(p) : 0;
	if (r < 0)
		return r;
	return duplicates_add(data->duplicates, &p->print, (uint32_t)data->store.files.count - 1);
}

/* --- reading -------------------------------------------------------------------------------- */

static void warn(struct data *data, const char *message)
{
	if (data->options->warn)
		data->options->warn(message, data->options->warn_data);
}

/*
 * The file is not what was scanned. With keep_going what was read so far is all there is, and nobody's
 * duplicate; else the end.
 */
static int changed(struct passage *p, uint64_t size, struct error *err)
{
	struct data *data = p->data;

	if (!err->message[0]) {
		_cleanup_(freep) char *path = node_path(p->feed.node);

		error_set(err, -ESTALE, "'%s' changed while it was being packed: it shrank",
			  path ? path : "");
	}
	if (!data->options->keep_going)
		return -ESTALE;
	warn(data, err->message);
	err->message[0] = '\0';
	data->stats->changed++;
	p->size = size;
	p->feed.node->inode->size = size;
	p->has_changed = true;
	p->watched = false;
	return p->alike ? diverge(p) : 0;
}

/* Bytes read; fewer than wanted, and p->size cut, when the file shrank. */
static ssize_t passage_read(struct passage *p, void *into, size_t want, struct error *err)
{
	ssize_t got = feed_read(&p->feed, into, want, p->position);
	int r = 0;

	if (got < 0) {
		_cleanup_(freep) char *path = node_path(p->feed.node);

		return error_code(err, (int)got, "cannot read '%s'", path ? path : "");
	}
	if ((size_t)got < want)
		r = changed(p, p->position + (uint64_t)got, err);
	return r < 0 ? r : got;
}

/* --- storing -------------------------------------------------------------------------------- */

/* Of a file that is used in a known order the tail shares a fragment with those used next to it. */
static enum tail_kind kind_of_tail(const struct passage *p, const void *bytes, size_t size)
{
	bool ordered = p->feed.node->inode->order != 0;

	return !ordered && memchr(bytes, '\0', size < LOOK_AT ? size : LOOK_AT) ? TAIL_BINARY
									       : TAIL_ANY;
}

static bool is_block(const struct passage *p, size_t size)
{
	uint32_t block = p->data->store.block_size;

	return size == block || (!p->feed.node->inode->order && size >= block / 2);
}

/* What was read goes to its place, unless it is there already. */
static int keep(struct passage *p, uint8_t **buffer, size_t size, bool whole)
{
	struct store *store = &p->data->store;
	bool zeroes = !*buffer || feed_is_zero(*buffer, size);
	int r = compare_next(p, zeroes ? NULL : *buffer, size);

	if (r < 0 || p->alike)
		return r;
	if (zeroes)
		return store_hole(store, size);
	store->light = p->feed.node->inode->light;
	if (whole)
		return store_block(store, take(*buffer), size);
	return store_tail(store, kind_of_tail(p, *buffer, size), *buffer, size);
}

/* The next piece: a block, or what is left. *ret_size is less than wanted where the file shrank. */
static int pass_piece(struct passage *p, size_t want, size_t *ret_size, struct error *err)
{
	struct workers *workers = p->data->store.workers;
	uint8_t *buffer = NULL;
	ssize_t got = (ssize_t)want;
	int r = 0;

	*ret_size = 0;
	if (!feed_is_hole(&p->feed, p->position, want)) {
		r = workers_buffer(workers, &buffer);
		if (r < 0)
			return r;
		got = passage_read(p, buffer, want, err);
	}
	if (got > 0) {
		*ret_size = (size_t)got;
		r = keep(p, &buffer, (size_t)got, is_block(p, want));
	}
	workers_put_back(workers, buffer);
	return got < 0 ? (int)got : r;
}

static int pass(struct passage *p, struct error *err)
{
	struct data *data = p->data;
	int r = p->watched || !p->alike ? 0 : diverge(p);

	while (r == 0 && p->position < p->size) {
		size_t size = data->store.block_size;

		if (is_cancelled(data))
			return -EINTR;
		if (size > p->size - p->position)
			size = (size_t)(p->size - p->position);
		r = pass_piece(p, size, &size, err);
		p->position += size;
		behind_us(data, size);
	}
	if (r == 0 && p->alike) {
		p->feed.node->inode->scratch = p->twin;
		data->stats->bytes_duplicate += p->size;
		p->alike = false;
	}
	return r;
}

int data_add(struct data *data, struct node *node, struct error *err)
{
	struct inode *inode = node->inode;
	struct passage p = {.data = data,
			    .feed = {.node = node, .fd = -1},
			    .size = inode->size,
			    .alike = true,
			    .print = fingerprint_of_size(inode->size)};
	int r = 0;

	data->stats->files++;
	p.watched = p.size && data->duplicates && duplicates_possible(data->duplicates, p.size);
	if (p.size)
		r = feed_open(&p.feed, node, err);
	if (r == -ESTALE)
		r = changed(&p, 0, err);
	if (r == 0)
		r = pass(&p, err);
	if (r == 0 && !p.has_changed)
		r = feed_check(&p.feed, err);
	if (r == -ESTALE && data->options->keep_going && err->message[0])
		r = changed(&p, p.size, err);
	feed_close(&p.feed);
	return r;
}

int data_end(struct data *data)
{
	int r = store_end(&data->store);

	forget_duplicates(data);
	return r;
}
