// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/overview.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/program.h"
#include "db/base/text.h"
#include "db/manifest.h"
#include "db/session.h"
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

static int add_test(struct gathering *gathering, const char *name)
{
	_cleanup_(freep) char *path = state_path(gathering->state, "test/%s/manifest.db", name);
	_cleanup_(session_list_release) struct session_list list = {0};
	_cleanup_(manifest_closep) struct manifest *manifest = NULL;
	struct overview_row row = {.stage = "test", .bytes = -1, .up = -1};
	const struct session *newest;
	struct stat st;
	int r;

	if (!path)
		return error_oom(gathering->err);
	if (stat(path, &st) < 0)
		return 0;
	r = manifest_open(path, MANIFEST_READ, &manifest, gathering->err);
	if (r == 0)
		r = session_list_read(manifest, &list, gathering->err);
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
	int fd = state_directory(gathering->state, "test", gathering->err), r = 0;
	_cleanup_(closedirp) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *item;

	if (fd < 0)
		return fd;
	if (!dir)
		return error_oom(gathering->err);
	while (r == 0 && (item = readdir(dir)))
		if (item->d_name[0] != '.')
			r = add_test(gathering, item->d_name);
	return r;
}

/* ---- prod, which is a script still ---- */

/* What `sfc prod …` prints as JSON; the caller owns it. */
static int ask_prod(const char *verb, const char *app, json_t **ret_json, struct error *err)
{
	_cleanup_(text_release) struct text output = TEXT_INIT, said = TEXT_INIT;
	json_error_t problem;
	int r = program_run((const char *const[]){"/proc/self/exe", "prod", verb, app ? app : "--json",
						  app ? "--json" : NULL, NULL},
			    &output, &said, err);

	if (r > 0)
		return error_set(err, -EIO, "%s", program_line(&said, "sfc: "));
	if (r < 0)
		return r;
	*ret_json = json_loads(output.bytes, 0, &problem);
	return *ret_json ? 0 : error_set(err, -EBADMSG, "sfc prod %s: %s", verb, problem.text);
}

static int64_t time_of(const char *stamp)
{
	struct tm tm = {0};

	if (!stamp || !strptime(stamp, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return 0;
	return timegm(&tm) * 1000000000LL;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* How many instances, of those that `sees` says so of. */
static int64_t count_instances(const json_t *app, const char *key, const char *value)
{
	json_t *instances = json_object_get(app, "instances"), *instance, *member;
	int64_t count = 0;
	size_t i;

	json_array_foreach(instances, i, instance) {
		member = json_object_get(instance, key);
		count += value ? strcmp(text_of(instance, key), value) == 0
			       : member && !json_is_null(member) && !json_is_false(member);
	}
	return count;
}

static int what_of(const json_t *app, char **ret_what, struct error *err)
{
	_cleanup_(json_decrefp) json_t *misses = NULL;
	int64_t ill = count_instances(app, "state", "unhealthy");
	struct text what = TEXT_INIT;
	int r = 0;

	text_add(&what, strcmp(text_of(app, "updated"), text_of(app, "installed")) == 0 ? "installed"
											 : "updated");
	if (count_instances(app, "guard", NULL)) {
		r = ask_prod("misses", text_of(app, "name"), &misses, err);
		text_printf(&what, ", %zu misses", json_array_size(misses));
	}
	if (ill)
		text_printf(&what, ", %lld unhealthy", (long long)ill);
	*ret_what = text_take(&what);
	return r;
}

static int add_app(struct gathering *gathering, const json_t *app)
{
	const char *package = text_of(app, "package");
	_cleanup_(freep) char *path = state_path(gathering->state, "packages/%s.sfc", package);
	struct overview_row row = {.stage = "prod", .runs = -1};
	struct stat st;
	int r = what_of(app, &row.what, gathering->err);

	if (r < 0) {
		row_release(&row);
		return r;
	}
	row.name = strdup(text_of(app, "name"));
	if (asprintf(&row.base, "sha256:%.12s", package) < 0)
		row.base = NULL;
	row.bytes = path && stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
	row.up = count_instances(app, "pid", NULL);
	row.last_ns = time_of(text_of(app, "updated"));
	return add(gathering, &row);
}

static bool has_apps(struct state *state)
{
	_cleanup_(freep) char *path = state_path(state, "prod");
	_cleanup_(closedirp) DIR *dir = path ? opendir(path) : NULL;
	struct dirent *item;

	while (dir && (item = readdir(dir)))
		if (item->d_name[0] != '.')
			return true;
	return false;
}

static int add_apps(struct gathering *gathering)
{
	_cleanup_(json_decrefp) json_t *apps = NULL;
	json_t *app;
	size_t i;
	int r;

	if (!has_apps(gathering->state))
		return 0;
	if (setenv("SFC_STATE", gathering->state->dir, 1) < 0)
		return error_oom(gathering->err);
	r = ask_prod("list", NULL, &apps, gathering->err);
	json_array_foreach(apps, i, app)
		if (r == 0)
			r = add_app(gathering, app);
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
