// SPDX-License-Identifier: BSD-2-Clause
#include "pack/report/fold.h"

#include <errno.h>
#include <stdlib.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/text.h"

/* Of a row and all below it. */
struct below {
	uint64_t used_files, used_bytes, left_files, left_bytes;
	size_t end;  /* the first row behind them: they stand in one piece */
	bool needed; /* one of them is no mere file that nobody used */
	bool gone;
};

struct folding {
	struct report_rows *rows;
	struct below *below;
	uint64_t small; /* bytes: what is smaller is counted above */
	bool hard;	/* also what was used */
};

static bool is_left(const struct report_row *row)
{
	return row->state == REPORT_OUT;
}

static void add_below(struct below *to, const struct below *from)
{
	to->used_files += from->used_files;
	to->used_bytes += from->used_bytes;
	to->left_files += from->left_files;
	to->left_bytes += from->left_bytes;
	to->needed |= from->needed;
	if (to->end < from->end)
		to->end = from->end;
}

/* Children stand behind their parents, so the way back adds them up. */
static void measure(struct folding *folding)
{
	struct report_rows *rows = folding->rows;

	for (size_t i = rows->rows.count; i-- > 0;) {
		const struct report_row *row = &rows->rows.items[i];
		bool file = row->kind == ENTRY_FILE;
		struct below own = {
		    .used_files = file && !is_left(row),
		    .used_bytes = file && !is_left(row) ? row->size : 0,
		    .left_files = row->left_files + (file && is_left(row)),
		    .left_bytes = row->left_bytes + (file && is_left(row) ? row->size : 0),
		    .end = i + 1,
		    .needed = !is_left(row),
		};

		add_below(&folding->below[i], &own);
		if (i)
			add_below(&folding->below[row->parent], &folding->below[i]);
	}
}

static bool goes(const struct folding *folding, size_t i)
{
	const struct report_row *row = &folding->rows->rows.items[i];
	const struct below *below = &folding->below[i];

	if (row->parent == 0) /* the top stays as it is */
		return false;
	if (row->kind != ENTRY_DIR && !folding->hard)
		return false;
	return (folding->hard || !below->needed) && below->used_bytes + below->left_bytes < folding->small;
}

/* Mark those that go, with all below them; how many stay. */
static size_t mark(struct folding *folding)
{
	size_t stay = 0;

	for (size_t i = 0; i < folding->rows->rows.count; i++)
		folding->below[i].gone = false;
	for (size_t i = 0; i < folding->rows->rows.count; i++) {
		if (!goes(folding, i)) {
			stay++;
			continue;
		}
		for (size_t end = folding->below[i].end; i < end; i++)
			folding->below[i].gone = true;
		i--;
	}
	return stay;
}

static int add_counted(struct report_rows *rows, int parent, uint64_t files, uint64_t bytes, bool used)
{
	_cleanup_(text_release) struct text name = TEXT_INIT;
	struct report_row row = {.parent = parent,
				 .kind = ENTRY_FILE,
				 .state = used ? REPORT_TOUCHED : REPORT_OUT,
				 .size = bytes,
				 .files = files,
				 .why = REASON_SESSION,
				 .from = -1};

	if (!files)
		return 0;
	text_add(&name, "(");
	text_add_count(&name, files);
	text_add(&name, files == 1 ? " file" : " files");
	text_add(&name, used ? " that were used)" : " never used)");
	row.name = text_failed(&name) ? NULL : intern_string(&rows->strings, name.bytes);
	return row.name ? array_push(&rows->rows, row) : -ENOMEM;
}

/* What goes is counted in the row above it that stays. Its used files are in `used`, by row. */
static void count_gone(struct folding *folding, struct below *counted)
{
	struct report_row *rows = folding->rows->rows.items;

	for (size_t i = 0; i < folding->rows->rows.count; i++) {
		counted[i].left_files += rows[i].left_files;
		counted[i].left_bytes += rows[i].left_bytes;
		if (!folding->below[i].gone || folding->below[rows[i].parent].gone)
			continue;
		add_below(&counted[rows[i].parent], &folding->below[i]);
	}
}

/* The rows that stay, close together, and behind them what is counted. */
static int compact(struct folding *folding, const struct below *counted)
{
	struct report_rows *rows = folding->rows;
	size_t count = rows->rows.count, stay = 0;
	int r = 0;

	for (size_t i = 0; i < count; i++) {
		struct report_row *row = &rows->rows.items[i];

		row->node->inode->scratch = 0;
		if (folding->below[i].gone)
			continue;
		/* a parent stays where its child does, and has its new place already */
		row->parent = i ? (int)folding->below[row->parent].end : 0;
		folding->below[i].end = stay;
		row->node->inode->scratch = stay + 1;
		rows->rows.items[stay++] = *row;
	}
	rows->rows.count = stay;
	for (size_t i = 0; i < count && r == 0; i++) {
		if (folding->below[i].gone)
			continue;
		r = add_counted(rows, (int)folding->below[i].end, counted[i].left_files,
				counted[i].left_bytes, false);
		if (r == 0)
			r = add_counted(rows, (int)folding->below[i].end, counted[i].used_files,
					counted[i].used_bytes, true);
	}
	return r;
}

/* The smallest that is enough; what was used goes only where all else is not. */
static void choose(struct folding *folding)
{
	uint64_t total = folding->below[0].used_bytes + folding->below[0].left_bytes;

	for (folding->small = total / 20000 + 1; mark(folding) > REPORT_ROWS_MAX; folding->small *= 2)
		if (folding->small > total / 100) {
			if (folding->hard)
				break;
			folding->hard = true;
			folding->small = total / 200000 + 1;
		}
}

int report_fold(struct report_rows *rows, struct error *err)
{
	size_t count = rows->rows.count;
	_cleanup_(freep) struct below *below = calloc(count + 1, sizeof(*below));
	_cleanup_(freep) struct below *counted = calloc(count + 1, sizeof(*counted));
	struct folding folding = {.rows = rows, .below = below};

	if (!below || !counted)
		return error_oom(err);
	measure(&folding);
	if (rows->folds || count > REPORT_ROWS_MAX)
		choose(&folding);
	count_gone(&folding, counted);
	return compact(&folding, counted) < 0 ? error_oom(err) : 0;
}
