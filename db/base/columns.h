/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Columns: rows of text that a person reads, aligned. Cells are added from left to right; printing
 * finds the widths. A width is counted in characters of UTF-8.
 *
 *	struct columns columns = {.align = "<>>"};
 *
 *	columns_add(&columns, "label");
 *	columns_count(&columns, 61204);		"61,204"
 *	columns_size(&columns, 5800000);	"5.8 MB"
 *	columns_end(&columns);
 *	…
 *	r = columns_print(&columns, err);
 */
#ifndef DB_BASE_COLUMNS_H
#define DB_BASE_COLUMNS_H

#include <stddef.h>

#include "db/base/error.h"

struct columns {
	const char *align; /* '<' or '>' for each column; the last one when it is '<' is not padded */
	struct {
		char **items; /* row after row; NULL ends a row */
		size_t count, capacity;
	} cells;
	int failed; /* -ENOMEM once memory ran out */
};

void columns_release(struct columns *columns);

/* All escape what would not stay on its line. */
void columns_add(struct columns *columns, const char *text);
void columns_count(struct columns *columns, unsigned long long count);
/* 0 is "0", without a unit. */
void columns_size(struct columns *columns, unsigned long long size);
void columns_end(struct columns *columns);

/* On standard output. */
int columns_print(const struct columns *columns, struct error *err);

#endif
