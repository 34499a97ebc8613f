// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/text.h"
#include "stage/instance/columns.h"
#include "stage/layer/directory.h"
#include "stage/layer/volume.h"
#include "stage/spec/spec_json.h"
#include "stage/state/event.h"
#include "stage/state/rows.h"

void instance_release(struct instance *instance)
{
	free(instance->app);
	free(instance->name);
	free(instance->package);
	free(instance->user);
	free(instance->guard);
	free(instance->guard_source);
	spec_release(&instance->spec);
	*instance = (struct instance)INSTANCE_INIT;
}

void instance_object(const char *app, const char *name, char *buffer, size_t size)
{
	snprintf(buffer, size, "instance/%.63s/%.63s", app, name);
}

/* ---- finding ---- */

static char *copy_or_null(sqlite3_stmt *stmt, int column)
{
	const char *text = column_text_or_null(stmt, column);

	return text ? strdup(text) : NULL;
}

int instance_read(sqlite3_stmt *stmt, int from, struct instance *ret_instance, struct error *err)
{
	_cleanup_(instance_release) struct instance instance = INSTANCE_INIT;
	const char *asked = column_text(stmt, from + 3);
	int r;

	instance.app = strdup(column_text(stmt, from));
	instance.name = strdup(column_text(stmt, from + 1));
	instance.package = strdup(column_text(stmt, from + 2));
	instance.user = strdup(column_text(stmt, from + 4));
	instance.guard = copy_or_null(stmt, from + 5);
	instance.guard_source = copy_or_null(stmt, from + 6);
	instance.ephemeral = sqlite3_column_int(stmt, from + 7) != 0;
	instance.wanted = strcmp(column_text(stmt, from + 8), "up") == 0;
	instance.created_ns = sqlite3_column_int64(stmt, from + 9);
	instance.ready = strcmp(column_text(stmt, from + 10), "ready") == 0;
	if (!instance.app || !instance.name || !instance.package || !instance.user)
		return error_oom(err);
	r = spec_from_text(asked, strlen(asked), &instance.spec, err);
	if (r < 0)
		return error_prefix(err, r, "%s/%s", instance.app, instance.name);
	*ret_instance = instance;
	instance = (struct instance)INSTANCE_INIT;
	return 1;
}

int instance_find(struct state *state, const char *app, const char *name,
		  struct instance *ret_instance, struct error *err)
{
	static const char sql[] =
		"SELECT " INSTANCE_COLUMNS " FROM instance AS i WHERE app = ? AND name = ?";
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, app);
	bind_text(stmt, 2, name);
	r = statement_step(&state->sql, stmt, err);
	return r > 0 && ret_instance ? instance_read(stmt, 0, ret_instance, err) : r;
}

int instance_must_exist(struct state *state, const char *app, const char *name,
			struct instance *ret_instance, struct error *err)
{
	_cleanup_(text_release) struct text shown = TEXT_INIT;
	struct instance found = INSTANCE_INIT;
	int r = instance_find(state, app, name, &found, err);
	bool ready = r > 0 && found.ready;

	if (ready && ret_instance)
		*ret_instance = found;
	else
		instance_release(&found);
	if (r < 0 || ready)
		return r < 0 ? r : 0;
	text_add_escaped(&shown, name);
	return error_set(err, -ENOENT, "'%s' has no instance '%s'; 'sfc prod list %s' shows them", app,
			 shown.bytes, app);
}

static int as_people_count(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static int names_of(struct state *state, const char *app, const char *sql, spec_strings *ret_names,
		    struct error *err)
{
	_cleanup_(statement_freep) sqlite3_stmt *stmt = NULL;
	int r = statement_new(&state->sql, sql, &stmt, err);

	if (r == 0)
		bind_text(stmt, 1, app);
	while (r == 0 && (r = statement_step(&state->sql, stmt, err)) > 0)
		r = spec_strings_add(ret_names, column_text(stmt, 0)) < 0 ? error_oom(err) : 0;
	if (r == 0)
		array_sort(ret_names, as_people_count);
	return r;
}

int instance_names(struct state *state, const char *app, spec_strings *ret_names, struct error *err)
{
	return names_of(state, app, "SELECT name FROM instance WHERE app = ? AND state = 'ready'",
			ret_names, err);
}

int instance_names_unready(struct state *state, const char *app, spec_strings *ret_names,
			   struct error *err)
{
	return names_of(state, app, "SELECT name FROM instance WHERE app = ? AND state <> 'ready'",
			ret_names, err);
}

/* ---- changing ---- */

static int asked_of(const struct instance *instance, char **ret_text, struct error *err)
{
	json_t *json = spec_to_json(&instance->spec);

	*ret_text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	return *ret_text ? 0 : error_oom(err);
}

int instance_add(struct state *state, const struct instance *instance, struct error *err)
{
	static const char sql[] =
		"INSERT INTO instance (app, name, package, asked, user, guard, guard_source, ephemeral,"
		" wanted, created_ns, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'up', ?, 'making')";
	_cleanup_(freep) char *asked = NULL;
	sqlite3_stmt *stmt;
	int r = asked_of(instance, &asked, err);

	if (r == 0)
		r = statement_get(&state->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	bind_text(stmt, 1, instance->app);
	bind_text(stmt, 2, instance->name);
	bind_text(stmt, 3, instance->package);
	bind_text(stmt, 4, asked);
	bind_text(stmt, 5, instance->user);
	bind_text(stmt, 6, instance->guard);
	bind_text(stmt, 7, instance->guard_source);
	bind_int(stmt, 8, instance->ephemeral);
	bind_int(stmt, 9, clock_wall_ns());
	return statement_run(&state->sql, stmt, err);
}

static int change(struct state *state, const char *sql, const char *app, const char *name,
		  struct error *err)
{
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, app);
	if (name)
		bind_text(stmt, 2, name);
	return statement_run(&state->sql, stmt, err);
}

int instance_mark_ready(struct state *state, const char *app, const char *name, struct error *err)
{
	return change(state, "UPDATE instance SET state = 'ready' WHERE app = ? AND name = ?", app, name,
		      err);
}

int instance_want(struct state *state, const char *app, const char *name, bool up, struct error *err)
{
	return up ? change(state, "UPDATE instance SET wanted = 'up' WHERE app = ? AND name = ?", app,
			   name, err)
		  : change(state, "UPDATE instance SET wanted = 'down' WHERE app = ? AND name = ?", app,
			   name, err);
}

int instance_change(struct state *state, const struct instance *instance, struct error *err)
{
	static const char sql[] = "UPDATE instance SET package = ?3, asked = ?4, guard = ?5,"
				  " guard_source = ?6, ephemeral = ?7 WHERE app = ?1 AND name = ?2";
	_cleanup_(freep) char *asked = NULL;
	sqlite3_stmt *stmt;
	int r = asked_of(instance, &asked, err);

	if (r == 0)
		r = statement_get(&state->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	bind_text(stmt, 1, instance->app);
	bind_text(stmt, 2, instance->name);
	bind_text(stmt, 3, instance->package);
	bind_text(stmt, 4, asked);
	bind_text(stmt, 5, instance->guard);
	bind_text(stmt, 6, instance->guard_source);
	bind_int(stmt, 7, instance->ephemeral);
	return statement_run(&state->sql, stmt, err);
}

int instance_keep_before(struct state *state, const char *app, struct error *err)
{
	return change(state, "UPDATE instance SET before = coalesce(before, asked) WHERE app = ?", app,
		      NULL, err);
}

int instance_restore_before(struct state *state, const char *app, struct error *err)
{
	return change(state,
		      "UPDATE instance SET asked = before, before = NULL WHERE app = ? AND before IS NOT NULL",
		      app, NULL, err);
}

int instance_drop_before(struct state *state, const char *app, struct error *err)
{
	return change(state, "UPDATE instance SET before = NULL WHERE app = ?", app, NULL, err);
}

int instance_remove(struct state *state, const char *app, const char *name, struct error *err)
{
	_cleanup_(freep) char *path = NULL, *layer = NULL;
	char object[160];
	int r = change(state, "UPDATE instance SET state = 'going', wanted = 'down' WHERE app = ? AND name = ?",
		       app, name, err);

	path = state_path(state, "app/%s/%s", app, name);
	layer = state_path(state, "app/%s/%s/layer", app, name);
	if (!path || !layer)
		return error_oom(err);
	/* made only when it was first started */
	if (r == 0)
		volume_forget(layer);
	if (r == 0)
		r = directory_remove_at(AT_FDCWD, path, path, err);
	instance_object(app, name, object, sizeof(object));
	if (r == 0)
		r = event_forget(state, object, err);
	return r < 0 ? r : change(state, "DELETE FROM instance WHERE app = ? AND name = ?", app, name, err);
}

/* ---- its files, its name ---- */

int instance_directory(struct state *state, const char *app, const char *name, char **ret_path,
		       struct error *err)
{
	_cleanup_(freep) char *path = state_path(state, "app/%s/%s/layer", app, name);
	size_t begin = strlen(state->dir) + 1;

	if (!path)
		return error_oom(err);
	for (char *at = path + begin; (at = strchr(at, '/')); at++) {
		*at = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return error_errno(err, "cannot make '%s'", path);
		*at = '/';
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make '%s'", path);
	*strrchr(path, '/') = '\0';
	*ret_path = take(path);
	return 0;
}

int instance_parse(char *word, const char **ret_app, const char **ret_name, struct error *err)
{
	char *slash = strchr(word, '/');
	int r;

	if (slash)
		*slash = '\0';
	r = state_check_name("an application", word, err);
	if (r == 0 && slash)
		r = state_check_name("an instance", slash + 1, err);
	if (r < 0)
		return r;
	*ret_app = word;
	*ret_name = slash ? slash + 1 : NULL;
	return 0;
}
