// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/look.h"

#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "stage/instance/columns.h"
#include "stage/instance/health.h"
#include "stage/watch/oom.h"

void looks_release(struct looks *looks)
{
	for (size_t i = 0; i < looks->count; i++) {
		instance_release(&looks->items[i].instance);
		run_release(&looks->items[i].run);
		free(looks->items[i].ill);
	}
	array_release(looks);
	cgroup_release(&looks->here);
}

/* What cannot be found out is not right either. */
static char *find_illness(struct state *state, const struct look *look)
{
	struct text text = TEXT_INIT;
	struct error err = ERROR_INIT;

	if (!instance_is_up(look->now))
		return NULL;
	if (health_look(state, look, &text, &err) < 0)
		text_add_plain(&text, err.message);
	if (text.size)
		return text_take(&text);
	text_release(&text);
	return NULL;
}

static int read_look(struct state *state, sqlite3_stmt *stmt, const struct process *self,
		     struct looks *looks, struct error *err)
{
	struct look look = {.instance = INSTANCE_INIT, .run = RUN_INIT};
	int r = instance_read(stmt, 0, &look.instance, err);

	if (r > 0 && sqlite3_column_type(stmt, INSTANCE_COLUMN_COUNT) != SQLITE_NULL)
		r = run_read(stmt, INSTANCE_COLUMN_COUNT, &look.run, err);
	if (r > 0) {
		look.now = instance_now(state, &look.instance, &look.run, self);
		look.ill = find_illness(state, &look);
		r = array_push(looks, look) < 0 ? error_oom(err) : 0;
	}
	if (r < 0) {
		free(look.ill);
		instance_release(&look.instance);
		run_release(&look.run);
	}
	return r;
}

static int in_order(const void *a, const void *b)
{
	const struct look *x = a, *y = b;
	int order = strcmp(x->instance.app, y->instance.app);

	return order ? order : strverscmp(x->instance.name, y->instance.name);
}

int look_read(struct state *state, const char *app, struct looks *looks, struct error *err)
{
	static const char sql[] =
		"SELECT " INSTANCE_COLUMNS ", " RUN_COLUMNS " FROM instance AS i LEFT JOIN run AS r ON"
		" r.id = (SELECT max(id) FROM run WHERE app = i.app AND instance = i.name)"
		" WHERE i.app = ?1 OR ?1 IS NULL";
	_cleanup_(statement_freep) sqlite3_stmt *stmt = NULL;
	struct process self;
	int r = cgroup_init("", &looks->here, err);

	if (r == 0)
		r = statement_new(&state->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	process_self(&self);
	bind_text(stmt, 1, app);
	while (r == 0 && (r = statement_step(&state->sql, stmt, err)) > 0)
		r = read_look(state, stmt, &self, looks, err);
	if (r == 0)
		array_sort(looks, in_order);
	return r;
}

/* ---- what is looked up of one ---- */

static void look_up(const struct looks *looks, const struct look *look,
		    void (*read)(const char *top, const struct cgroup *cgroup, struct usage *ret_usage),
		    struct usage *ret_usage)
{
	struct cgroup cgroup = looks->here;

	*ret_usage = (struct usage){-1, -1, -1, -1};
	if (!instance_is_up(look->now) || !*look->run.note.cgroup)
		return;
	cgroup.path = (char *)look->run.note.cgroup; /* lent */
	cgroup.version = cgroup_version_at(&looks->here, cgroup.path);
	read(USAGE_TOP, &cgroup, ret_usage);
}

void look_usage(const struct looks *looks, const struct look *look, struct usage *ret_usage)
{
	look_up(looks, look, usage_read, ret_usage);
}

void look_memory(const struct looks *looks, const struct look *look, struct usage *ret_usage)
{
	look_up(looks, look, usage_read_memory, ret_usage);
}

const char *look_state(const struct look *look)
{
	return look->ill && look->now == NOW_RUNNING ? "unhealthy" : instance_now_name(look->now);
}

void look_problem(const struct look *look, const struct usage *usage, struct text *text)
{
	const struct run *run = &look->run;
	int64_t kills = usage && usage->oom_kills > 0 ? usage->oom_kills : run->oom;
	bool up = instance_is_up(look->now);

	if (run->state == RUN_NONE)
		return;
	if (look->ill)
		text_add(text, look->ill);
	else if (kills > 0)
		oom_describe(text, kills, !up && run_was_killed(run), look->instance.spec.memory);
	else if (look->now == NOW_UNWATCHED)
		text_add(text, "who kept its output was killed; a restart mends it");
	else if (look->now == NOW_LOST)
		text_add(text, "nobody saw it end");
	else if (!up && run->said)
		text_add_plain(text, run->said);
}
