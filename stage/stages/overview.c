// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/overview.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "db/manifest.h"
#include "db/session.h"
#include "stage/instance/app.h"
#include "stage/instance/guarded.h"
#include "stage/instance/look.h"
#include "stage/layer/dev.h"
#include "stage/layer/directory.h"
#include "stage/state/event.h"

struct gathering {
	struct state *state;
	struct overview *overview;
	struct error *err;
};

static void row_release(struct overview_row *row)
{
	free(row->name);
	free(row->base);
	free(row->what);
}

void overview_release(struct overview *overview)
{
	for (size_t i = 0; i < overview->count; i++)
		row_release(&overview->items[i]);
	array_release(overview);
}

/* Takes the strings of the row, also on failure. */
static int add(struct gathering *gathering, struct overview_row *row)
{
	if (row->name && row->base && row->what && array_push(gathering->overview, *row) == 0)
		return 0;
	row_release(row);
	return error_oom(gathering->err);
}

/* ---- dev ---- */

struct last {
	int64_t at_ns;
	char *what;
};

static int note_last(const struct event_row *event, void *data)
{
	struct last *last = data;

	free(last->what);
	last->what = strdup(event->what);
	last->at_ns = event->at_ns;
	return 0;
}

static int add_dev(const struct dev *dev, void *data)
{
	struct gathering *gathering = data;
	struct overview_row row = {.stage = "dev", .runs = -1, .up = -1};
	struct last last = {dev->created_ns, NULL};
	_cleanup_(closep) int layer = -1;
	char object[160];
	int r = dev_layer_open(gathering->state, dev->name, dev->layer, &layer, gathering->err);

	snprintf(object, sizeof(object), "dev/%s", dev->name);
	if (r == 0)
		r = event_each(gathering->state, object, note_last, &last, gathering->err);
	if (r < 0) {
		free(last.what);
		return r;
	}
	row.name = strdup(dev->name);
	row.base = strdup(dev->source);
	row.what = last.what ? last.what : strdup("");
	row.bytes = (int64_t)directory_usage(layer);
	row.last_ns = last.at_ns;
	return add(gathering, &row);
}

/* ---- test ---- */

static int add_test(const char *name, void *data, struct error *err)
{
	struct gathering *gathering = data;
	_cleanup_(freep) char *path = state_path(gathering->state, "test/%s/manifest.db", name);
	_cleanup_(session_list_release) struct session_list list = {0};
	_cleanup_(manifest_closep) struct manifest *manifest = NULL;
	struct overview_row row = {.stage = "test", .bytes = -1, .up = -1};
	const struct session *newest;
	struct stat st;
	int r;

	if (!path)
		return error_oom(err);
	if (stat(path, &st) < 0)
		return 0;
	r = manifest_open(path, MANIFEST_READ, &manifest, err);
	if (r == 0)
		r = session_list_read(manifest, &list, err);
	if (r < 0 || !list.count)
		return r;
	newest = &list.items[list.count - 1];
	row.name = strdup(name);
	row.base = strdup(name);
	if (asprintf(&row.what, "\"%s\", %s", newest->label, session_state_name(newest->state)) < 0)
		row.what = NULL;
	row.runs = (int64_t)list.count;
	row.last_ns = newest->started_ns;
	return add(gathering, &row);
}

static int add_tests(struct gathering *gathering)
{
	return state_each(gathering->state, "test", add_test, gathering, gathering->err);
}

/* ---- prod ---- */

struct apps {
	struct gathering *gathering;
	struct looks looks;
};

struct counts {
	int64_t up, ill;
	size_t misses;
	bool guarded;
};

static bool is_ill(const struct look *look)
{
	return look->ill || look->now == NOW_FAILED || look->now == NOW_LOST || look->now == NOW_UNWATCHED;
}

static int count_one(struct state *state, const struct look *look, struct counts *counts, struct error *err)
{
	_cleanup_(misses_release) struct misses misses = ARRAY_INIT;
	int r;

	counts->up += instance_is_up(look->now);
	counts->ill += is_ill(look);
	if (!look->instance.guard)
		return 0;
	counts->guarded = true;
	r = guarded_misses(state, look, false, &misses, err);
	counts->misses += misses.count;
	return r;
}

static char *words_of(const struct app *app, const struct counts *counts)
{
	struct text what = TEXT_INIT;

	text_add(&what, app->updated_ns == app->installed_ns ? "installed" : "updated");
	if (counts->guarded)
		text_printf(&what, ", %zu misses", counts->misses);
	if (counts->ill)
		text_printf(&what, ", %lld unhealthy", (long long)counts->ill);
	return text_take(&what);
}

static int add_app(const struct app *app, void *data)
{
	struct apps *apps = data;
	struct gathering *gathering = apps->gathering;
	struct package_row package = {.bytes = -1};
	struct overview_row row = {.stage = "prod", .runs = -1, .last_ns = app->updated_ns};
	struct counts counts = {.up = 0};
	int r = package_find(gathering->state, app->package, &package, gathering->err);

	package_row_release(&package);
	for (size_t i = 0; r >= 0 && i < apps->looks.count; i++)
		if (strcmp(apps->looks.items[i].instance.app, app->name) == 0)
			r = count_one(gathering->state, &apps->looks.items[i], &counts, gathering->err);
	if (r < 0)
		return r;
	row.name = strdup(app->name);
	row.what = words_of(app, &counts);
	if (asprintf(&row.base, "sha256:%.12s", app->package) < 0)
		row.base = NULL;
	row.bytes = package.bytes;
	row.up = counts.up;
	return add(gathering, &row);
}

static int add_apps(struct gathering *gathering)
{
	struct apps apps = {gathering, LOOKS_INIT};
	int r = look_read(gathering->state, NULL, &apps.looks, gathering->err);

	if (r == 0)
		r = app_each(gathering->state, add_app, &apps, gathering->err);
	looks_release(&apps.looks);
	return r;
}

/* ---- all ---- */

static int by_name(const void *a, const void *b)
{
	const struct overview_row *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	/* "dev", "test", "prod": p is before t */
	return order ? order : strcmp(x->stage, "dev") == 0 ? -1 : strcmp(y->stage, "dev") == 0 ? 1
										 : -strcmp(x->stage, y->stage);
}

int overview_read(struct state *state, struct overview *overview, struct error *err)
{
	struct gathering gathering = {state, overview, err};
	int r = dev_each(state, add_dev, &gathering, err);

	if (r == 0)
		r = add_tests(&gathering);
	if (r == 0)
		r = add_apps(&gathering);
	if (r == 0)
		array_sort(overview, by_name);
	return r;
}
