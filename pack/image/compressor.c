// SPDX-License-Identifier: BSD-2-Clause
#define ZSTD_STATIC_LINKING_ONLY
#include "pack/image/compressor.h"

#include <errno.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
	LOOK_FROM_LEVEL = 5,    /* below, compressing costs no more than looking */
	LOOK_SAMPLE = 8 * 1024, /* bytes from the middle of a block */
	LOOK_WORTH = 64,        /* what saves less than 1/64 of itself is not worth a high level */
	SMALL_METADATA_LEVEL = 19,
	LIGHT_LEVEL = 9,        /* makes a database 5 % larger than 15, in a tenth of the time */
};

struct compressor {
	ZSTD_CCtx *context;
	ZSTD_CCtx *look;
	struct compressor_options options;
};

/*
 * zstd's own tables for inputs over 256 KiB give level 15 a lazy search, and the optimal parsers only
 * later, with trees far deeper than a 1 MiB block needs. This is an optimal parser with a tree just
 * as large as the block.
 */
static int parameters_small(ZSTD_CCtx *context)
{
	static const struct {
		ZSTD_cParameter parameter;
		int value;
	} parameters[] = {
		{ZSTD_c_windowLog, 20}, {ZSTD_c_chainLog, 20},  {ZSTD_c_hashLog, 18},
		{ZSTD_c_searchLog, 4},  {ZSTD_c_minMatch, 3},   {ZSTD_c_targetLength, 48},
		{ZSTD_c_strategy, ZSTD_btopt},
	};

	for (size_t i = 0; i < sizeof(parameters) / sizeof(*parameters); i++)
		if (ZSTD_isError(ZSTD_CCtx_setParameter(context, parameters[i].parameter,
							parameters[i].value)))
			return -EIO;
	return 0;
}

int compressor_new(const struct compressor_options *options, struct compressor **ret_compressor)
{
	struct compressor *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->options = *options;
	c->context = ZSTD_createCCtx();
	c->look = ZSTD_createCCtx();
	if (!c->context || !c->look || (options->small && parameters_small(c->context) < 0)) {
		compressor_free(c);
		return -ENOMEM;
	}
	*ret_compressor = c;
	return 0;
}

void compressor_free(struct compressor *compressor)
{
	if (!compressor)
		return;
	ZSTD_freeCCtx(compressor->context);
	ZSTD_freeCCtx(compressor->look);
	free(compressor);
}

size_t compressor_room(size_t size)
{
	return ZSTD_compressBound(size);
}

/* Level 1 saves at least 1/LOOK_WORTH of these bytes, or cannot be asked. */
static bool shrinks(struct compressor *c, const void *data, size_t size, void *out, size_t room)
{
	size_t got = ZSTD_compressCCtx(c->look, out, room, data, size, 1);

	return ZSTD_isError(got) || got + size / LOOK_WORTH < size;
}

static bool is_hopeless(struct compressor *c, const void *data, size_t size, void *out,
			size_t room)
{
	if (c->options.level < LOOK_FROM_LEVEL || size <= 2 * LOOK_SAMPLE)
		return false;
	if (shrinks(c, (const char *)data + (size - LOOK_SAMPLE) / 2, LOOK_SAMPLE, out, room))
		return false;
	return !shrinks(c, data, size, out, room);
}

static int level_of(const struct compressor *c, enum compress_as as)
{
	if (as == COMPRESS_LIGHT && c->options.level > LIGHT_LEVEL)
		return LIGHT_LEVEL;
	return as == COMPRESS_METADATA && c->options.small ? SMALL_METADATA_LEVEL
							   : c->options.level;
}

int compressor_run(struct compressor *c, enum compress_as as, const void *data, size_t size,
		   void *out, size_t room, size_t *ret_size)
{
	size_t got;

	if (as != COMPRESS_METADATA && is_hopeless(c, data, size, out, room)) {
		*ret_size = 0;
		return 0;
	}
	if (c->options.small && as == COMPRESS_DATA)
		got = ZSTD_compress2(c->context, out, room, data, size);
	else
		got = ZSTD_compressCCtx(as == COMPRESS_DATA ? c->context : c->look, out, room, data,
					size, level_of(c, as));
	if (ZSTD_isError(got))
		return ZSTD_getErrorCode(got) == ZSTD_error_memory_allocation ? -ENOMEM : -EIO;
	*ret_size = got < size ? got : 0;
	return 0;
}

int compressor_try(struct compressor *c, const void *data, size_t size, void *out, size_t room,
		   size_t *ret_size)
{
	size_t got = ZSTD_compressCCtx(c->look, out, room, data, size, 1);

	if (ZSTD_isError(got))
		return -EIO;
	*ret_size = got + size / LOOK_WORTH < size ? got : 0;
	return 0;
}
