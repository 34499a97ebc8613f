// SPDX-License-Identifier: BSD-2-Clause
#include "pack/report/paths.h"

#include <errno.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/text.h"

static const char kind_letters[] = {
	[ENTRY_MISSING] = 'f', [ENTRY_FILE] = 'f',  [ENTRY_DIR] = 'd',
	[ENTRY_LINK] = 'l',    [ENTRY_CHAR] = 'c',  [ENTRY_BLOCK] = 'b',
	[ENTRY_FIFO] = 'p',    [ENTRY_SOCKET] = 's', [ENTRY_UNKNOWN] = 'f',
};

static int program_index(const struct program_total_list *programs, const char *exe)
{
	for (size_t i = 0; exe && i < programs->count; i++)
		if (strcmp(programs->items[i].exe, exe) == 0)
			return (int)i;
	return -1;
}

enum column { PARENT, NAME, SIZE, FILES, OPENS, STATS, SEQ, MS, SESSION, PROGRAM, WHY, FROM, COLUMNS };

static const char *const column_names[COLUMNS] = {
	"parent", "name", "size", "files", "opens", "stats", "seq", "ms", "session", "program", "why", "from",
};

static int add_row(json_t *const columns[COLUMNS], const struct report_row *row,
		   const struct program_total_list *programs)
{
	json_t *values[COLUMNS] = {
		[PARENT] = json_integer(row->parent),
		[NAME] = json_path(row->name),
		[SIZE] = json_integer((json_int_t)row->size),
		[FILES] = json_integer((json_int_t)row->files),
		[OPENS] = json_integer((json_int_t)row->opens),
		[STATS] = json_integer((json_int_t)row->stats),
		[SEQ] = json_integer((json_int_t)row->rank),
		[MS] = json_integer(row->first_ms),
		[SESSION] = json_integer((json_int_t)row->session - 1),
		[PROGRAM] = json_integer(program_index(programs, row->exe)),
		[WHY] = json_integer(row->why),
		[FROM] = json_integer(row->from),
	};
	int r = 0;

	for (size_t i = 0; i < COLUMNS; i++)
		if (json_array_append_new(columns[i], values[i]) < 0)
			r = -ENOMEM;
	return r;
}

int report_paths(json_t *data, const struct report_rows *rows, const struct program_total_list *programs)
{
	_cleanup_(text_release) struct text kinds = TEXT_INIT;
	_cleanup_(text_release) struct text states = TEXT_INIT;
	json_t *paths = json_object(), *columns[COLUMNS];
	int r = 0;

	for (size_t i = 0; i < COLUMNS; i++) {
		columns[i] = json_array();
		if (json_object_set_new(paths, column_names[i], columns[i]) < 0)
			r = -ENOMEM;
	}
	for (size_t i = 0; i < rows->rows.count && r == 0; i++) {
		const struct report_row *row = &rows->rows.items[i];

		r = add_row(columns, row, programs);
		text_add_char(&kinds, kind_letters[row->kind]);
		text_add_char(&states, (char)row->state);
	}
	if (json_object_set_new(paths, "kind", json_string(kinds.bytes)) < 0 ||
	    json_object_set_new(paths, "state", json_string(states.bytes)) < 0 ||
	    text_failed(&kinds) || text_failed(&states))
		r = -ENOMEM;
	if (json_object_set_new(data, "paths", paths) < 0)
		r = -ENOMEM;
	return r;
}
