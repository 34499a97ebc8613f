// SPDX-License-Identifier: BSD-2-Clause
#include "pack/layer/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>


#include "db/base/cleanup.h"
#include "db/base/io.h"

enum { BUFFER = 256 * 1024 };

static const uint64_t RATIO_FROM = 256ULL << 20; /* bytes out, before a ratio says anything */
static const uint64_t SLACK = 64ULL << 20;	 /* bytes of headers any archive may have */
static const uint64_t SLACK_PER_ENTRY = 4096;

struct layer_stream {
	struct layer_source source;
	const struct layer_options *options;
	struct archive *unpacker, *tar;
	char *buffer;
	uint64_t position; /* bytes read of the source */
	uint64_t unpacked; /* bytes of tar handed on */
	uint64_t entries;
	struct digest *packed_digest, *tar_digest; /* or NULL */
	struct error error;			   /* why a callback failed */
	int code;				   /* negative errno that goes with it; 0: none */
};

/* ---- the packed side ---- */

static ssize_t read_packed(struct layer_stream *stream)
{
	const struct layer_source *source = &stream->source;
	uint64_t left;

	if (!source->ranged)
		return io_read(source->fd, stream->buffer, BUFFER);
	left = source->size - stream->position;
	return io_pread(source->fd, stream->buffer, left < BUFFER ? left : BUFFER,
			source->offset + stream->position);
}

static ssize_t packed_fail(struct layer_stream *stream, int code)
{
	stream->code = code;
	return -1;
}

static ssize_t packed_read(struct archive *archive, void *data, const void **ret_block)
{
	struct layer_stream *stream = data;
	ssize_t n;

	if (stream->options->cancel && *stream->options->cancel) {
		sym_archive_set_error(archive, EINTR, "interrupted");
		return packed_fail(stream, error_set(&stream->error, -EINTR, "interrupted"));
	}
	n = read_packed(stream);
	if (n < 0) {
		sym_archive_set_error(archive, (int)-n, "cannot read");
		return packed_fail(stream, error_code(&stream->error, (int)n, "cannot read"));
	}
	stream->position += (uint64_t)n;
	if (stream->packed_digest &&
	    digest_add(stream->packed_digest, stream->buffer, (size_t)n) < 0)
		return packed_fail(stream, error_set(&stream->error, -EIO, "cannot digest"));
	if (stream->options->progress)
		stream->options->progress(stream->position, stream->options->progress_data);
	*ret_block = stream->buffer;
	return n;
}

/* ---- the tar side ---- */

static int check_limits(struct layer_stream *stream)
{
	uint64_t room = stream->options->max_size, headers, packed = stream->position;

	if (__builtin_mul_overflow(stream->entries, SLACK_PER_ENTRY, &headers) ||
	    __builtin_add_overflow(headers, SLACK, &headers) ||
	    __builtin_add_overflow(room, headers, &room))
		room = UINT64_MAX;
	if (stream->unpacked > room)
		return error_set(&stream->error, -EFBIG,
				 "unpacks to more than the limit of %llu bytes (--max-size)",
				 (unsigned long long)stream->options->max_size);
	if (stream->unpacked > RATIO_FROM && stream->options->max_ratio != UINT64_MAX &&
	    stream->unpacked / stream->options->max_ratio > packed)
		return error_set(&stream->error, -EFBIG,
				 "unpacks to more than %llu times its size: a decompression bomb? "
				 "(--max-ratio)",
				 (unsigned long long)stream->options->max_ratio);
	return 0;
}

static ssize_t tar_read(struct archive *tar, void *data, const void **ret_block)
{
	struct layer_stream *stream = data;
	int64_t offset;
	size_t size = 0;
	int r;

	do {
		r = sym_archive_read_data_block(stream->unpacker, ret_block, &size, &offset);
	} while (r == ARCHIVE_OK && size == 0);
	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK && stream->code == 0)
		stream->code = error_set(&stream->error, -EBADMSG, "%s",
					 sym_archive_error_string(stream->unpacker));
	if (stream->code == 0) {
		stream->unpacked += size;
		stream->code = check_limits(stream);
	}
	if (stream->code == 0 && stream->tar_digest &&
	    digest_add(stream->tar_digest, *ret_block, size) < 0)
		stream->code = error_set(&stream->error, -EIO, "cannot digest");
	if (stream->code < 0) {
		sym_archive_set_error(tar, -stream->code, "%s", stream->error.message);
		return -1;
	}
	return (ssize_t)size;
}

/* ---- opening ---- */

/*
 * Filters by name: "all" would start outside programs (lrzip, lzop, …) at the word of an archive,
 * and nested encodings (uu, rpm) are nothing a layer comes in.
 */
static int unpacker_open(struct layer_stream *stream)
{
	struct archive *unpacker = stream->unpacker;
	struct archive_entry *entry;
	int r;

	sym_archive_read_support_filter_bzip2(unpacker);
	sym_archive_read_support_filter_compress(unpacker);
	sym_archive_read_support_filter_gzip(unpacker);
	sym_archive_read_support_filter_lz4(unpacker);
	sym_archive_read_support_filter_lzip(unpacker);
	sym_archive_read_support_filter_lzma(unpacker);
	sym_archive_read_support_filter_xz(unpacker);
	sym_archive_read_support_filter_zstd(unpacker);
	sym_archive_read_support_format_raw(unpacker);
	sym_archive_read_support_format_empty(unpacker);
	r = sym_archive_read_open2(unpacker, stream, NULL, packed_read, NULL, NULL);
	if (r == ARCHIVE_OK)
		r = sym_archive_read_next_header(unpacker, &entry);
	return r;
}

static int digests_new(struct layer_stream *stream)
{
	int r = 0;

	if (stream->options->digest)
		r = digest_new(&stream->packed_digest);
	if (r == 0 && stream->options->diff_id)
		r = digest_new(&stream->tar_digest);
	return r;
}

static int tar_open(struct layer_stream *stream, struct error *err)
{
	sym_archive_read_support_format_tar(stream->tar);
	if (sym_archive_read_open2(stream->tar, stream, NULL, tar_read, NULL, NULL) != ARCHIVE_OK)
		return layer_stream_error(stream, err);
	return 0;
}

int layer_stream_open(const struct layer_source *source, const struct layer_options *options,
		      struct layer_stream **ret_stream, struct error *err)
{
	_cleanup_(layer_stream_freep) struct layer_stream *stream = NULL;
	int r = archive_load(err);

	if (r < 0)
		return r;
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return error_oom(err);
	stream->source = *source;
	stream->options = options;
	stream->buffer = malloc(BUFFER);
	stream->unpacker = sym_archive_read_new();
	stream->tar = sym_archive_read_new();
	if (!stream->buffer || !stream->unpacker || !stream->tar || digests_new(stream) < 0)
		return error_oom(err);

	r = unpacker_open(stream);
	if (r == ARCHIVE_EOF)
		return error_set(err, -EBADMSG, "is empty");
	if (r != ARCHIVE_OK)
		return stream->code
			   ? error_set(err, stream->code, "%s", stream->error.message)
			   : error_set(err, -EBADMSG, "%s", sym_archive_error_string(stream->unpacker));
	r = tar_open(stream, err);
	if (r < 0)
		return r;
	*ret_stream = take(stream);
	return 0;
}

void layer_stream_free(struct layer_stream *stream)
{
	if (!stream)
		return;
	sym_archive_read_free(stream->tar);
	sym_archive_read_free(stream->unpacker);
	digest_free(stream->packed_digest);
	digest_free(stream->tar_digest);
	free(stream->buffer);
	free(stream);
}

void layer_stream_freep(struct layer_stream **stream)
{
	layer_stream_free(*stream);
}

struct archive *layer_stream_tar(struct layer_stream *stream)
{
	return stream->tar;
}

int layer_stream_error(const struct layer_stream *stream, struct error *err)
{
	const char *reason = sym_archive_error_string(stream->tar);

	if (stream->code)
		return error_set(err, stream->code, "%s", stream->error.message);
	if (sym_archive_errno(stream->tar) == ENOMEM)
		return error_oom(err);
	/* the words of a reader that found no tar at all */
	if (!reason || strcmp(reason, "Unrecognized archive format") == 0)
		return error_set(err, -EBADMSG, "not a tar archive");
	return error_set(err, -EBADMSG, "%s", reason);
}

void layer_stream_note_entry(struct layer_stream *stream)
{
	stream->entries++;
}

/* ---- the end ---- */

static int drain(struct layer_stream *stream, struct error *err)
{
	const void *block;
	ssize_t n;

	while ((n = tar_read(stream->tar, stream, &block)) > 0)
		;
	while (n == 0 && stream->code == 0 &&
	       (n = packed_read(stream->unpacker, stream, &block)) > 0)
		n = 0, block = NULL;
	return stream->code ? error_set(err, stream->code, "%s", stream->error.message) : 0;
}

static int check_digest(struct digest *digest, const char *wanted, const char *what,
			struct error *err)
{
	char hex[DIGEST_HEX_SIZE];
	const char *colon;

	if (!digest)
		return 0;
	colon = strchr(wanted, ':');
	if (!colon || strncmp(wanted, "sha256:", 7) != 0)
		return error_set(err, -ENOTSUP, "has a digest other than sha256: '%s'", wanted);
	if (digest_finish(digest, hex) < 0)
		return error_set(err, -EIO, "cannot digest");
	if (strcmp(hex, colon + 1) != 0)
		return error_set(err, -EBADMSG, "%s does not match: it is sha256:%s, not %s", what,
				 hex, wanted);
	return 0;
}

int layer_stream_finish(struct layer_stream *stream, struct error *err)
{
	/* where the reader looked for the next header: at the end mark, or at the bare end */
	int64_t end = sym_archive_read_header_position(stream->tar);
	int r;

	r = drain(stream, err);
	if (r < 0)
		return r;
	if (!stream->options->digested && (uint64_t)end >= stream->unpacked)
		return error_set(err, -EBADMSG, "ends without the end mark: is it truncated?");
	r = check_digest(stream->packed_digest, stream->options->digest, "digest", err);
	if (r < 0)
		return r;
	return check_digest(stream->tar_digest, stream->options->diff_id, "diff_id", err);
}
