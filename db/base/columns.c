// SPDX-License-Identifier: BSD-2-Clause
#include "db/base/columns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/text.h"

static void add_cell(struct columns *columns, char *cell)
{
	if (!columns->failed)
		columns->failed = array_push(&columns->cells, cell);
	if (columns->failed)
		free(cell);
}

static void add_text(struct columns *columns, struct text *text)
{
	char *cell = text_take(text);

	if (!cell)
		columns->failed = -ENOMEM;
	else
		add_cell(columns, cell);
}

void columns_add(struct columns *columns, const char *string)
{
	struct text text = TEXT_INIT;

	text_add_escaped(&text, string);
	add_text(columns, &text);
}

void columns_count(struct columns *columns, unsigned long long count)
{
	struct text text = TEXT_INIT;

	text_add_count(&text, count);
	add_text(columns, &text);
}

void columns_size(struct columns *columns, unsigned long long size)
{
	struct text text = TEXT_INIT;

	if (size)
		text_add_size(&text, size);
	else
		text_add(&text, "0");
	add_text(columns, &text);
}

void columns_end(struct columns *columns)
{
	add_cell(columns, NULL);
}

void columns_release(struct columns *columns)
{
	for (size_t i = 0; i < columns->cells.count; i++)
		free(columns->cells.items[i]);
	array_release(&columns->cells);
}

/* In characters: bytes that do not continue one. */
static size_t width_of(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static void pad(size_t width)
{
	while (width-- > 0)
		putchar(' ');
}

static void print_cell(const char *cell, char align, size_t width, int last)
{
	size_t missing = width - width_of(cell);

	if (align == '>')
		pad(missing);
	fputs(cell, stdout);
	if (last)
		putchar('\n');
	else
		pad(align == '>' ? 2 : missing + 2);
}

int columns_print(const struct columns *columns, struct error *err)
{
	size_t count = strlen(columns->align), column = 0;
	_cleanup_(freep) size_t *widths = calloc(count + 1, sizeof(*widths));
	char **items = columns->cells.items;

	if (columns->failed || !widths)
		return error_oom(err);
	for (size_t i = 0; i < columns->cells.count; i++) {
		if (items[i] && column < count && width_of(items[i]) > widths[column])
			widths[column] = width_of(items[i]);
		column = items[i] ? column + 1 : 0;
	}
	column = 0;
	for (size_t i = 0; i < columns->cells.count; i++) {
		if (!items[i])
			continue;
		column = i > 0 && items[i - 1] ? column + 1 : 0;
		print_cell(items[i], columns->align[column], widths[column], !items[i + 1]);
	}
	if (fflush(stdout) != 0 || ferror(stdout))
		return error_errno(err, "cannot write to the standard output");
	return 0;
}
