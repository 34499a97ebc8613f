/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the commands that write images have in common: the values of their options, SOURCE_DATE_EPOCH,
 * the bar and the warnings. Part of the program, not of a library: it prints.
 */
#ifndef PACK_CMD_IMAGE_ARGUMENTS_H
#define PACK_CMD_IMAGE_ARGUMENTS_H

#include <stdint.h>

#include "db/base/error.h"
#include "pack/cmd/command.h"
#include "pack/image/image.h"

/* zstd's level, into an int. */
option_taker image_argument_level;
/* Into a struct image_options. */
option_taker image_argument_block, image_argument_threads, image_argument_time;

/* SOURCE_DATE_EPOCH, as reproducible-builds.org has it, if it is set: no time is later. */
int image_argument_epoch(struct image_options *image, struct error *err);

/* For image_options.progress, its data being the word in front of the bar, and .warn. */
void image_show_progress(uint64_t done, uint64_t total, void *data);
void image_show_warning(const char *message, void *data);

#endif
