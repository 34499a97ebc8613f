/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes of a layer on their way from the file to the tar reader: unpacked, counted against the
 * limits, digested on both sides. Two libarchive readers in a row (unpacking, then tar) instead of
 * one that does both, because the digest of the inner tar has to see every byte of it.
 */
#ifndef PACK_LAYER_STREAM_H
#define PACK_LAYER_STREAM_H


#include "db/base/error.h"
#include "pack/layer/archive.h"
#include "pack/layer/layer.h"

struct layer_stream;

int layer_stream_open(const struct layer_source *source, const struct layer_options *options,
		      struct layer_stream **ret_stream, struct error *err);
void layer_stream_free(struct layer_stream *stream);
void layer_stream_freep(struct layer_stream **stream);

/* The tar reader; owned by the stream. */
struct archive *layer_stream_tar(struct layer_stream *stream);
/* What is said when the reader fails: the stream's own reason if it had one, else libarchive's. */
int layer_stream_error(const struct layer_stream *stream, struct error *err);
/* The entry the tar reader has reached, counted from 1: headers may take room for so many. */
void layer_stream_note_entry(struct layer_stream *stream);

/* After the last entry: read what is left, see that the end mark was there and the digests match.
 */
int layer_stream_finish(struct layer_stream *stream, struct error *err);

#endif
