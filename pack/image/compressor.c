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
	const struct tuning *tuning; /* of `context`; NULL: as zstd has it */
};

/*
 * Where zstd's own parameters can be bettered. It has one table for blocks up to 128 KiB, which
 * serves smaller ones too: at exactly 128 KiB, shorter matches in a smaller hash table, which stays in
 * the processor's nearest cache, are both faster and smaller at the low levels.
 *
 * For blocks over 256 KiB it gives level 15 a lazy search, and the optimal parsers only later, with
 * trees far deeper than a block of 1 MiB needs. SMALL is an optimal parser with a tree just as large as
 * the block.
 */
enum { SMALL = 0 };

static const struct tuning {
	int level; /* or SMALL */
	uint32_t block_size;
	int window_log, chain_log, hash_log, search_log, min_match, target_length;
	ZSTD_strategy strategy;
} tunings[] = {
	{1, 128 * 1024, 17, 12, 12, 1, 5, 0, ZSTD_fast},
	{3, 128 * 1024, 17, 13, 14, 1, 4, 0, ZSTD_dfast},
	{SMALL, 0, 20, 20, 18, 3, 3, 32, ZSTD_btopt},
};

static const struct tuning *tuning_of(const struct compressor_options *options)
{
	for (size_t i = 0; i < sizeof(tunings) / sizeof(*tunings); i++)
		if (options->small ? tunings[i].level == SMALL
				   : tunings[i].level == options->level &&
					     tunings[i].block_size == options->block_size)
			return &tunings[i];
	return NULL;
}

static int tune(ZSTD_CCtx *context, const struct tuning *tuning)
{
	const struct {
		ZSTD_cParameter parameter;
		int value;
	} parameters[] = {
		{ZSTD_c_windowLog, tuning->window_log},
		{ZSTD_c_chainLog, tuning->chain_log},
		{ZSTD_c_hashLog, tuning->hash_log},
		{ZSTD_c_searchLog, tuning->search_log},
		{ZSTD_c_minMatch, tuning->min_match},
		{ZSTD_c_targetLength, tuning->target_length},
		{ZSTD_c_strategy, (int)tuning->strategy},
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
	c->tuning = tuning_of(options);
	c->context = ZSTD_createCCtx();
	c->look = ZSTD_createCCtx();
	if (!c->context || !c->look || (c->tuning && tune(c->context, c->tuning) < 0)) {
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
	if (c->tuning && as == COMPRESS_DATA)
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
