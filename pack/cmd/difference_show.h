/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Differences as a person reads them, and as JSON.
 */
#ifndef PACK_CMD_DIFFERENCE_SHOW_H
#define PACK_CMD_DIFFERENCE_SHOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/base/text.h"
#include "pack/report/difference.h"

/* "+6.1 kB", "0 bytes". */
void difference_add_size(struct text *text, int64_t bytes);

/*
 * Of what is in both: "/usr/sbin/nginx  (size 1,233,944 → 1,240,000, mode 0755 → 0700)". The caller
 * frees; NULL: out of memory.
 */
char *difference_describe(const struct difference *difference);

/* Of what is in both: path, what, a, b. NULL: out of memory. */
json_t *difference_json(const struct difference *difference);
/* One of the two. */
json_t *difference_side_json(const struct inventory_item *item, bool with_path);

#endif
