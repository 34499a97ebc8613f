// SPDX-License-Identifier: BSD-2-Clause
/* sfc status: every stage of everything, at a glance. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "db/base/cleanup.h"
#include "db/base/columns.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "stage/cmd/cmd.h"
#include "stage/stages/overview.h"
#include "stage/state/state.h"

static json_t *number(int64_t value)
{
	return value < 0 ? json_null() : json_integer(value);
}

static int print_json(const struct overview *overview, struct error *err)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < overview->count; i++) {
		const struct overview_row *row = &overview->items[i];
		char stamp[32];

		state_stamp(row->last_ns, stamp, sizeof(stamp));
		json_array_append_new(rows, json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:o}", "name",
						      row->name, "stage", row->stage, "base",
						      json_path(row->base), "bytes", number(row->bytes),
						      "runs", number(row->runs), "up", number(row->up),
						      "last", stamp, "what", json_path(row->what)));
	}
	return json_print(rows, err);
}

static void add_text(struct columns *columns, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add_text(struct columns *columns, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (text)
		columns_add(columns, text);
	else
		columns->failed = -ENOMEM;
	free(text);
}

static int print_columns(const struct overview *overview, struct error *err)
{
	_cleanup_(columns_release) struct columns columns = {.align = "<<<<<<"};
	static const char *const heads[] = {"NAME", "STAGE", "BASE", "SIZE", "INSTANCES", "LAST"};

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		columns_add(&columns, heads[i]);
	columns_end(&columns);
	for (size_t i = 0; i < overview->count; i++) {
		const struct overview_row *row = &overview->items[i];
		char ago[48];

		state_ago(row->last_ns, ago, sizeof(ago));
		columns_add(&columns, row->name);
		columns_add(&columns, row->stage);
		columns_add(&columns, row->base);
		if (row->runs >= 0)
			add_text(&columns, "%" PRId64 " run%s", row->runs, row->runs == 1 ? "" : "s");
		else if (row->bytes >= 0)
			columns_size(&columns, (unsigned long long)row->bytes);
		else
			columns_add(&columns, "-");
		if (row->up >= 0)
			add_text(&columns, "%" PRId64 " up", row->up);
		else
			columns_add(&columns, "-");
		add_text(&columns, "%s, %s", row->what, ago);
		columns_end(&columns);
	}
	return columns_print(&columns, err);
}

int cmd_status(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(overview_release) struct overview overview = OVERVIEW_INIT;
	_cleanup_(state_closep) struct state *state = NULL;
	struct error err = ERROR_INIT;
	int r = cmd_state_open(&state, &err);

	if (r == 0)
		r = overview_read(state, &overview, &err);
	if (r == 0 && asked->json)
		r = print_json(&overview, &err);
	else if (r == 0 && overview.count)
		r = print_columns(&overview, &err);
	else if (r == 0)
		puts("nothing yet: 'sfc dev create' makes a root file system, 'sfc prod install' installs a "
		     "package");
	return r < 0 ? command_failed(command, &err) : EXIT_DONE;
}
