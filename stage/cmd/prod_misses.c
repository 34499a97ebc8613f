// SPDX-License-Identifier: BSD-2-Clause
/* sfc prod misses: what guards saw missing in the package that an instance stands on. */
#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/columns.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/prod.h"
#include "stage/instance/guarded.h"

struct showing {
	struct state *state;
	struct columns columns;
	json_t *json; /* NULL: columns */
	bool any;
};

static json_t *known_json(enum miss_known known)
{
	return known == MISS_UNJUDGED ? json_null() : json_boolean(known == MISS_KNOWN);
}

static json_t *miss_json(const struct look *look, const struct miss *miss)
{
	json_t *by = json_array();
	char first[32], last[32];

	for (size_t i = 0; i < miss->by.count; i++)
		json_array_append_new(by, json_path(miss->by.items[i]));
	state_stamp(miss->first_ns, first, sizeof(first));
	state_stamp(miss->last_ns, last, sizeof(last));
	return json_pack("{s:s, s:o, s:o, s:I, s:o, s:s, s:s}", "instance", look->instance.name, "path",
			 json_path(miss->path), "known", known_json(miss->known), "count",
			 (json_int_t)miss->count, "by", by, "first", first, "last", last);
}

/* 2026-11-28T09:00:00Z as people write it. */
static void add_time(struct columns *columns, int64_t at_ns)
{
	char stamp[32], *t;

	state_stamp(at_ns, stamp, sizeof(stamp));
	t = strchr(stamp, 'T');
	if (t)
		*t = ' ';
	stamp[strcspn(stamp, "Z")] = '\0';
	columns_add(columns, stamp);
}

static void add_row(struct columns *columns, const struct look *look, const struct miss *miss)
{
	_cleanup_(text_release) struct text path = TEXT_INIT, by = TEXT_INIT;
	char text[160];

	snprintf(text, sizeof(text), "%s/%s", look->instance.app, look->instance.name);
	columns_add(columns, text);
	text_printf(&path, "%s%s", miss->path, miss->known == MISS_UNKNOWN ? " (unknown)" : "");
	columns_add(columns, path.bytes);
	columns_count(columns, miss->count);
	for (size_t i = 0; i < miss->by.count; i++)
		text_printf(&by, "%s%s", i ? ", " : "", miss->by.items[i]);
	columns_add(columns, by.bytes);
	add_time(columns, miss->last_ns);
	columns_end(columns);
}

static int show(struct showing *showing, const struct look *look, struct error *err)
{
	_cleanup_(misses_release) struct misses misses = ARRAY_INIT;
	int r = guarded_misses(showing->state, look, true, &misses, err);

	for (size_t i = 0; r == 0 && i < misses.count; i++) {
		showing->any = true;
		if (!showing->json)
			add_row(&showing->columns, look, &misses.items[i]);
		else if (json_array_append_new(showing->json, miss_json(look, &misses.items[i])) < 0)
			r = error_oom(err);
	}
	return r;
}

static int show_all(struct showing *showing, const struct asked *asked, struct error *err)
{
	static const char *const heads[] = {"INSTANCE", "PATH", "TIMES", "BY", "LAST"};
	_cleanup_(targets_release) struct targets targets = TARGETS_INIT;
	_cleanup_(looks_release) struct looks looks = LOOKS_INIT;
	int r = targets_find(showing->state, asked, &targets, err);

	if (r == 0)
		r = look_read(showing->state, NULL, &looks, err);
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		columns_add(&showing->columns, heads[i]);
	columns_end(&showing->columns);
	for (size_t i = 0; r == 0 && i < targets.count; i++) {
		const struct look *look = targets_look(&targets.items[i], &looks);

		r = look ? show(showing, look, err) : 0;
	}
	if (r < 0)
		return r;
	if (showing->json)
		return json_print(take(showing->json), err);
	return showing->any ? columns_print(&showing->columns, err) : 0;
}

int cmd_prod_misses(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct showing showing = {.columns = {.align = "<<><<"}, .json = asked->json ? json_array() : NULL};
	struct error err = ERROR_INIT;
	int r = cmd_state_open(&state, &err);

	showing.state = state;
	if (r == 0)
		r = show_all(&showing, asked, &err);
	json_decref(showing.json);
	columns_release(&showing.columns);
	return command_answer(command, r, &err);
}
