// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/data.h"

#include <errno.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/digest.h"
#include "pack/image/duplicates.h"
#include "pack/image/format.h"
#include "pack/image/feed.h"

/* One file on its way. */
struct passage {
	struct data *data;
	struct feed feed;
	uint64_t size;         /* what it has; less than the inode says when it shrank */
	struct digest *digest; /* of all bytes so far; NULL when nobody will ask */
	bool digested;         /* print is known */
	struct fingerprint print;
	uint8_t *first; /* the first block, when it was read already; a buffer, or NULL */
};

int data_init(struct data *data, struct workers *workers, struct output *output,
	      const struct image_options *options, struct image_stats *stats, uint64_t files)
{
	*data = (struct data){.workers = workers,
			      .output = output,
			      .options = options,
			      .stats = stats,
			      .block_size = options->block_size};
	/* one for files without contents */
	if (array_reserve(&data->files, files + 1) < 0)
		return -ENOMEM;
	return options->no_dedup ? 0 : duplicates_new(files, &data->duplicates);
}

void data_release(struct data *data)
{
	if (data->tails)
		workers_put_back(data->workers, data->tails);
	array_release(&data->files);
	array_release(&data->blocks);
	array_release(&data->fragments);
	duplicates_free(data->duplicates);
	*data = (struct data){0};
}

void data_expect(struct data *data, const struct inode *inode)
{
	data->total += inode->size;
	if (data->duplicates)
		duplicates_tell_size(data->duplicates, inode->size);
}

/* --- blocks and fragments leave -------------------------------------------------------------- */

static int write_block(struct data *data, const struct job *job, uint64_t *ret_start,
		       uint32_t *ret_size)
{
	*ret_start = data->output->position;
	*ret_size = job->size | (job->raw ? SQFS_BLOCK_RAW : 0);
	return output_add(data->output, job->data, job->size);
}

/* tag: file << 32 | index of the block. */
static int block_done(const struct job *job, void *owner)
{
	struct data *data = owner;
	struct file_data *file = &data->files.items[job->tag >> 32];
	uint64_t start;
	int r;

	r = write_block(data, job, &start, &data->blocks.items[job->tag & UINT32_MAX]);
	if (file->start == 0)
		file->start = start;
	return r;
}

static int fragment_done(const struct job *job, void *owner)
{
	struct data *data = owner;
	struct fragment *fragment = &data->fragments.items[job->tag];

	return write_block(data, job, &fragment->start, &fragment->size);
}

int data_cut(struct data *data)
{
	struct job job = {.data = data->tails,
			  .size = data->tails_fill,
			  .done = fragment_done,
			  .owner = data,
			  .tag = data->fragments.count};

	if (!data->tails_fill)
		return 0;
	data->tails = NULL;
	data->tails_fill = 0;
	if (array_push(&data->fragments, (struct fragment){0}) < 0) {
		workers_put_back(data->workers, job.data);
		return -ENOMEM;
	}
	return workers_submit(data->workers, &job);
}

int data_end(struct data *data)
{
	int r = data_cut(data);

	return r < 0 ? r : workers_drain(data->workers);
}

/* A block of the file goes its way; the buffer is gone afterwards. */
static int block_add(struct passage *p, uint8_t *buffer, size_t size)
{
	struct data *data = p->data;
	uint64_t file = data->files.count - 1, index = data->blocks.count;
	struct job job = {.data = buffer,
			  .size = (uint32_t)size,
			  .done = block_done,
			  .owner = data,
			  .tag = file << 32 | index};

	if (index >= UINT32_MAX || array_push(&data->blocks, (uint32_t)0) < 0) {
		workers_put_back(data->workers, buffer);
		return index >= UINT32_MAX ? -EFBIG : -ENOMEM;
	}
	data->files.items[file].block_count++;
	if (feed_is_zero(buffer, size)) {
		data->files.items[file].sparse += size;
		workers_put_back(data->workers, buffer);
		return 0;
	}
	data->stats->blocks++;
	return workers_submit(data->workers, &job);
}

/* A block of zeroes that nobody needs to read. */
static int hole_add(struct passage *p, size_t size)
{
	struct data *data = p->data;
	struct file_data *file = &data->files.items[data->files.count - 1];

	if (data->blocks.count >= UINT32_MAX)
		return -EFBIG;
	file->block_count++;
	file->sparse += size;
	return array_push(&data->blocks, (uint32_t)0);
}

/* --- fingerprints --------------------------------------------------------------------------- */

static void print_from(const uint8_t hash[DIGEST_SIZE], uint64_t size, struct fingerprint *print)
{
	memcpy(print->words, hash, sizeof(print->words));
	print->words[1] ^= size;
}

static int print_of(const void *bytes, size_t count, uint64_t size, struct fingerprint *print)
{
	uint8_t hash[DIGEST_SIZE];
	int r = digest_once(bytes, count, hash);

	if (r == 0)
		print_from(hash, size, print);
	return r;
}

static int passage_finish_print(struct passage *p)
{
	uint8_t hash[DIGEST_SIZE];
	int r;

	if (!p->digest)
		return 0;
	r = digest_finish_bytes(p->digest, hash);
	if (r < 0)
		return r;
	print_from(hash, p->size, &p->print);
	p->digested = true;
	return 0;
}

static int remember(struct passage *p)
{
	struct data *data = p->data;

	if (!data->duplicates || !p->digested)
		return 0;
	return duplicates_add(data->duplicates, &p->print, (uint32_t)(data->files.count - 1));
}

/* --- reading -------------------------------------------------------------------------------- */

static int warn(struct data *data, const char *message)
{
	if (data->options->warn)
		data->options->warn(message, data->options->warn_data);
	return 0;
}

/*
 * The file is not what was scanned. With keep_going what was read so far is all there is; else the
 * end.
 */
static int changed(struct passage *p, uint64_t size, struct error *err)
{
	struct data *data = p->data;
	struct error own = ERROR_INIT;

	if (!err)
		err = &own;
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
	return 0;
}

static int read_failed(const struct passage *p, int code, struct error *err)
{
	_cleanup_(freep) char *path = node_path(p->feed.node);

	return error_code(err, code, "cannot read '%s'", path ? path : "");
}

/* At most `want` bytes; fewer, with p->size cut, when the file shrank. */
static ssize_t passage_read(struct passage *p, void *into, size_t want, uint64_t position,
			    struct error *err)
{
	ssize_t got = feed_read(&p->feed, into, want, position);
	int r;

	if (got < 0)
		return read_failed(p, (int)got, err);
	if ((size_t)got < want) {
		r = changed(p, position + (uint64_t)got, err);
		if (r < 0)
			return r;
	}
	return got;
}

static void behind_us(struct data *data, uint64_t bytes)
{
	data->stats->bytes_in += bytes;
	if (data->options->progress)
		data->options->progress(data->stats->bytes_in, data->total,
					data->options->progress_data);
}

static bool cancelled(const struct data *data)
{
	return data->options->cancel && *data->options->cancel;
}

/* The bytes of a file that is shorter than a block are in p->first; is it a duplicate? */
static int find_small(struct passage *p, const uint8_t *bytes, bool *ret_found)
{
	struct data *data = p->data;
	uint32_t number;
	int r;

	*ret_found = false;
	if (!data->duplicates || !duplicates_possible(data->duplicates, p->size))
		return 0;
	r = print_of(bytes, p->size, p->size, &p->print);
	if (r < 0)
		return r;
	p->digested = true;
	if (duplicates_find(data->duplicates, &p->print, &number)) {
		p->feed.node->inode->scratch = number;
		data->stats->bytes_duplicate += p->size;
		*ret_found = true;
	}
	return 0;
}

/* Hash a big file whole before storing it, because another began like it. */
static int digest_whole(struct passage *p, uint8_t *buffer, struct error *err)
{
	_cleanup_(digest_freep) struct digest *digest = NULL;
	uint8_t hash[DIGEST_SIZE];
	int r = digest_new(&digest);

	for (uint64_t at = 0; r == 0 && at < p->size;) {
		size_t want = p->data->block_size;
		ssize_t got;

		if (want > p->size - at)
			want = p->size - at;
		got = passage_read(p, buffer, want, at, err);
		if (got < 0)
			return (int)got;
		r = digest_add(digest, buffer, (size_t)got);
		at += (uint64_t)got;
		if (cancelled(p->data))
			r = -EINTR;
	}
	if (r == 0)
		r = digest_finish_bytes(digest, hash);
	if (r < 0)
		return r;
	print_from(hash, p->size, &p->print);
	p->digested = true;
	return 0;
}

/*
 * A file of at least a block, whose size another has. Its first block is read and kept for later;
 * only when a file of this size began with the same block is it read twice. Otherwise its print is
 * taken while it passes.
 */
static int find_big(struct passage *p, bool *ret_found, struct error *err)
{
	struct data *data = p->data;
	struct fingerprint beginning;
	uint8_t *buffer;
	uint32_t number;
	ssize_t got;
	int r;

	*ret_found = false;
	if (!data->duplicates || !duplicates_possible(data->duplicates, p->size))
		return 0;
	r = workers_buffer(data->workers, &p->first);
	if (r < 0)
		return r;
	got = passage_read(p, p->first, data->block_size, 0, err);
	if (got < 0)
		return (int)got;
	if (p->size < data->block_size)
		return 0; /* shrank */
	/* the size with all bits turned keeps beginnings and whole files apart */
	r = print_of(p->first, data->block_size, ~p->size, &beginning);
	if (r < 0)
		return r;
	if (!duplicates_find(data->duplicates, &beginning, &number)) {
		r = duplicates_add(data->duplicates, &beginning, 0);
		return r < 0 ? r : digest_new(&p->digest);
	}
	r = workers_buffer(data->workers, &buffer);
	if (r < 0)
		return r;
	r = digest_whole(p, buffer, err);
	workers_put_back(data->workers, buffer);
	if (r < 0)
		return r;
	if (duplicates_find(data->duplicates, &p->print, &number)) {
		p->feed.node->inode->scratch = number;
		data->stats->bytes_duplicate += p->size;
		*ret_found = true;
	}
	return 0;
}

/* --- storing -------------------------------------------------------------------------------- */

static int file_begin(struct passage *p)
{
	struct data *data = p->data;
	struct file_data file = {.first_block = data->blocks.count, .fragment = SQFS_NO_FRAGMENT};

	if (data->files.count >= UINT32_MAX)
		return -EFBIG;
	p->feed.node->inode->scratch = data->files.count;
	return array_push(&data->files, file);
}

/* The bytes are at data->tails + tails_fill already. */
static void tail_keep(struct data *data, size_t size)
{
	struct file_data *file = &data->files.items[data->files.count - 1];

	file->fragment = (uint32_t)data->fragments.count;
	file->fragment_offset = data->tails_fill;
	data->tails_fill += (uint32_t)size;
}

/* A place for `size` bytes behind the tails gathered so far, in a new fragment when they are many. */
static int tail_place(struct data *data, size_t size)
{
	int r;

	if (data->tails_fill + size > data->block_size) {
		r = data_cut(data);
		if (r < 0)
			return r;
	}
	return data->tails ? 0 : workers_buffer(data->workers, &data->tails);
}

/* The last, short block of a file whose whole blocks are on their way. */
static int tail_add(struct passage *p, uint64_t position, struct error *err)
{
	struct data *data = p->data;
	size_t want = p->size - position;
	ssize_t got;
	int r;

	if (!want)
		return 0;
	if (feed_is_hole(&p->feed, position, want)) {
		r = 0;
		if (p->digest) {
			_cleanup_(freep) void *zeroes = calloc(1, want);

			r = zeroes ? digest_add(p->digest, zeroes, want) : -ENOMEM;
		}
		return r < 0 ? r : hole_add(p, want);
	}
	r = tail_place(data, want);
	if (r < 0)
		return r;
	got = passage_read(p, data->tails + data->tails_fill, want, position, err);
	if (got <= 0)
		return (int)got;
	if (p->digest) {
		r = digest_add(p->digest, data->tails + data->tails_fill, (size_t)got);
		if (r < 0)
			return r;
	}
	if (feed_is_zero(data->tails + data->tails_fill, (size_t)got))
		return hole_add(p, (size_t)got);
	tail_keep(data, (size_t)got);
	return 0;
}

/* A file that is all tail: it is read to where it will stay, unless it is there already. */
static int small_add(struct passage *p, struct error *err)
{
	struct data *data = p->data;
	size_t want = p->size;
	bool found;
	ssize_t got;
	int r;

	r = tail_place(data, want);
	if (r < 0)
		return r;
	got = passage_read(p, data->tails + data->tails_fill, want, 0, err);
	if (got < 0)
		return (int)got;
	r = find_small(p, data->tails + data->tails_fill, &found);
	if (r < 0 || found)
		return r;
	r = file_begin(p);
	if (r < 0 || got == 0)
		return r;
	if (feed_is_zero(data->tails + data->tails_fill, (size_t)got))
		r = hole_add(p, (size_t)got);
	else
		tail_keep(data, (size_t)got);
	return r < 0 ? r : remember(p);
}

/* One whole block; fewer bytes than that end the file. */
static int whole_block(struct passage *p, uint64_t position, size_t *ret_got, struct error *err)
{
	struct data *data = p->data;
	uint8_t *buffer = take(p->first);
	ssize_t got = data->block_size;
	int r;

	if (!buffer) {
		if (!p->digest && feed_is_hole(&p->feed, position, data->block_size)) {
			*ret_got = data->block_size;
			return hole_add(p, data->block_size);
		}
		r = workers_buffer(data->workers, &buffer);
		if (r < 0)
			return r;
		got = passage_read(p, buffer, data->block_size, position, err);
	} else if (p->size < data->block_size) {
		got = (ssize_t)p->size;
	}
	r = got < 0 ? (int)got : 0;
	if (r == 0 && p->digest)
		r = digest_add(p->digest, buffer, (size_t)got);
	if (r < 0 || got == 0) {
		workers_put_back(data->workers, buffer);
		*ret_got = 0;
		return r;
	}
	*ret_got = (size_t)got;
	return block_add(p, buffer, (size_t)got);
}

static int big_add(struct passage *p, struct error *err)
{
	struct data *data = p->data;
	uint64_t position = 0;
	bool found;
	int r;

	r = find_big(p, &found, err);
	if (r < 0 || found)
		return r;
	r = file_begin(p);
	while (r == 0 && p->size - position >= data->block_size) {
		size_t got = 0;

		r = whole_block(p, position, &got, err);
		position += got;
		if (r == 0 && cancelled(data))
			r = -EINTR;
		if (got < data->block_size)
			break; /* shrank: that was its tail */
		behind_us(data, got);
	}
	/* a file that shrank below its first block still has that in p->first */
	if (r == 0 && p->first && p->size)
		r = block_add(p, take(p->first), p->size);
	else if (r == 0 && position < p->size)
		r = tail_add(p, position, err);
	if (r == 0)
		r = passage_finish_print(p);
	return r < 0 ? r : remember(p);
}

static int passage_run(struct passage *p, struct node *node, struct error *err)
{
	int r;

	r = feed_open(&p->feed, node, err);
	if (r == -ESTALE)
		return changed(p, 0, err) < 0 ? -ESTALE : file_begin(p);
	if (r < 0)
		return r;
	r = p->size < p->data->block_size ? small_add(p, err) : big_add(p, err);
	if (r == 0 && node->inode->size == p->size)
		r = feed_check(&p->feed, err);
	if (r == -ESTALE && p->data->options->keep_going)
		r = changed(p, p->size, err);
	return r;
}

int data_add(struct data *data, struct node *node, struct error *err)
{
	struct passage p = {.data = data, .size = node->inode->size, .feed = {.node = node}};
	uint64_t before = data->stats->bytes_in;
	int r;

	if (cancelled(data))
		return -EINTR;
	data->stats->files++;
	p.feed.fd = -1;
	r = node->inode->size ? passage_run(&p, node, err) : file_begin(&p);
	if (r == 0)
		behind_us(data, before + node->inode->size - data->stats->bytes_in);
	feed_close(&p.feed);
	digest_free(p.digest);
	if (p.first)
		workers_put_back(data->workers, p.first);
	return r;
}
