/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What writing an image came to, on standard output: a table for a person, or one JSON object,
 * whose sizes are bytes. Part of the program, not of a library: it prints.
 */
#ifndef PACK_CMD_IMAGE_STATS_H
#define PACK_CMD_IMAGE_STATS_H

#include <stdbool.h>

#include "pack/image/image.h"

void image_stats_print(const struct image_stats *stats, bool json);

#endif
