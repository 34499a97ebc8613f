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
	bool tuned; /* `context` has parameters of its own */
};

/*
 * Where zstd's own parameters can be bettered. It has one table for blocks up to 128 KiB, which
 * serves smaller ones too: at exactly 128 KiB, shorter matches, and at level 3 in smaller hash tables,
 * which stay in the processor's nearest cache, are both faster and smaller at the low levels.
 *
 * For blocks over 256 KiB it gives level 15 a lazy search, and the optimal parsers only later, with
 * trees far deeper than a block of 1 MiB needs. SMALL is an optimal parser with a tree just as large as
 * the block.
 */
enum {
	SMALL = 0,
	MIDDLE_BLOCK = 256 * 1024,
	LAZY_LEVEL = 15, /* the last one that is weaker in larger blocks */
};

static const struct tuning {
	int level; /* or SMALL */
	uint32_t block_size;
	ZSTD_compressionParameters parameters;
} tunings[] = {
	{1, 128 * 1024, {17, 12, 13, 1, 5, 0, ZSTD_fast}},
	{3, 128 * 1024, {17, 13, 14, 1, 4, 0, ZSTD_dfast}},
	{SMALL, 0, {20, 20, 18, 3, 3, 32, ZSTD_btopt}},
};

/* False: as zstd has it. */
static bool tuning_of(const struct compressor_options *options, ZSTD_compressionParameters *ret)
{
	for (size_t i = 0; i < sizeof(tunings) / sizeof(*tunings); i++)
		if (options->small ? tunings[i].level == SMALL
				   : tunings[i].level == options->level &&
					     tunings[i].block_size == options->block_size) {
			*ret = tunings[i].parameters;
			return true;
		}
	if (options->block_size <= MIDDLE_BLOCK || options->level > LAZY_LEVEL)
		return false;
	/* what the level is in blocks of 256 KiB, looking back through all of a larger one */
	*ret = ZSTD_getCParams(options->level, MIDDLE_BLOCK, 0);
	ret->windowLog = (unsigned int)__builtin_ctz(options->block_size);
	return true;
}

static int tune(ZSTD_CCtx *context, const ZSTD_compressionParameters *wanted)
{
	const struct {
		ZSTD_cParameter parameter;
		unsigned int value;
	} parameters[] = {
		{ZSTD_c_windowLog, wanted->windowLog},
		{ZSTD_c_chainLog, wanted->chainLog},
		{ZSTD_c_hashLog, wanted->hashLog},
		{ZSTD_c_searchLog, wanted->searchLog},
		{ZSTD_c_minMatch, wanted->minMatch},
		{ZSTD_c_targetLength, wanted->targetLength},
		{ZSTD_c_strategy, wanted->strategy},
	};

	for (size_t i = 0; i < sizeof(parameters) / sizeof(*parameters); i++)
		if (ZSTD_isError(ZSTD_CCtx_setParameter(context, parameters[i].parameter,
							(int)parameters[i].value)))
			return -EIO;
	return 0;
}

int compressor_new(const struct compressor_options *options, struct compressor **ret_compressor)
{
	struct compressor *c = calloc(1, sizeof(*c));
	ZSTD_compressionParameters parameters = {0};

	if (!c)
		return -ENOMEM;
	c->options = *options;
	c->tuned = tuning_of(options, &parameters);
	c->context = ZSTD_createCCtx();
	c->look = ZSTD_createCCtx();
	if (!c->context || !c->look || (c->tuned && tune(c->context, &parameters) < 0)) {
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
	if (c->tuned && as == COMPRESS_DATA)
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
