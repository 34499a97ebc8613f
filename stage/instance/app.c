// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/app.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/suggest.h"
#include "db/base/text.h"
#include "stage/state/claim.h"
#include "stage/state/event.h"
#include "stage/state/rows.h"

void app_release(struct app *app)
{
	free(app->name);
	free(app->package);
	free(app->previous);
	free(app->updating);
	*app = (struct app)APP_INIT;
}

/* ---- finding ---- */

#define COLUMNS "SELECT name, package, previous, updating, installed_ns, updated_ns FROM app"

static char *copy_or_null(sqlite3_stmt *stmt, int column)
{
	const char *text = column_text_or_null(stmt, column);

	return text ? strdup(text) : NULL;
}

static int read_row(sqlite3_stmt *stmt, struct app *ret_app, struct error *err)
{
	struct app app = {
		.name = strdup(column_text(stmt, 0)),
		.package = strdup(column_text(stmt, 1)),
		.previous = copy_or_null(stmt, 2),
		.updating = copy_or_null(stmt, 3),
		.installed_ns = sqlite3_column_int64(stmt, 4),
		.updated_ns = sqlite3_column_int64(stmt, 5),
	};

	if (!app.name || !app.package) {
		app_release(&app);
		return error_oom(err);
	}
	*ret_app = app;
	return 1;
}

int app_find(struct state *state, const char *name, struct app *ret_app, struct error *err)
{
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r = statement_get(&state->sql, COLUMNS " WHERE name = ?", &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, name);
	r = statement_step(&state->sql, stmt, err);
	return r > 0 && ret_app ? read_row(stmt, ret_app, err) : r;
}

static int offer(const struct app *app, void *data)
{
	struct suggestion *suggestion = data;
	const char *before = suggestion->best;
	char *copy = strdup(app->name);

	if (copy)
		suggestion_offer(suggestion, copy);
	if (suggestion->best == copy)
		free((char *)before);
	else
		free(copy);
	return 0;
}

static int say_there_is_none(struct state *state, const char *name, struct error *err)
{
	_cleanup_(text_release) struct text shown = TEXT_INIT;
	struct suggestion suggestion = SUGGESTION_INIT(name);
	int r = app_each(state, offer, &suggestion, err);

	text_add_escaped(&shown, name);
	if (r == 0 && suggestion.best)
		r = error_set(err, -ENOENT, "no application '%s' is installed; did you mean '%s'?",
			      shown.bytes, suggestion.best);
	else if (r == 0)
		r = error_set(err, -ENOENT, "no application '%s' is installed; 'sfc prod list' shows them",
			      shown.bytes);
	free((char *)suggestion.best);
	return r;
}

int app_must_exist(struct state *state, const char *name, struct app *ret_app, struct error *err)
{
	int r = app_find(state, name, ret_app, err);

	if (r == 0)
		return say_there_is_none(state, name, err);
	return r < 0 ? r : 0;
}

int app_each(struct state *state, int (*visit)(const struct app *app, void *data), void *data,
	     struct error *err)
{
	_cleanup_(statement_freep) sqlite3_stmt *stmt = NULL;
	int r = statement_new(&state->sql, COLUMNS " ORDER BY name", &stmt, err);

	while (r == 0 && (r = statement_step(&state->sql, stmt, err)) > 0) {
		_cleanup_(app_release) struct app app = APP_INIT;

		r = read_row(stmt, &app, err);
		if (r > 0)
			r = visit(&app, data);
	}
	return r;
}

/* ---- changing ---- */

int app_add(struct state *state, const char *name, const char *package, struct error *err)
{
	static const char sql[] = "INSERT INTO app (name, package, installed_ns, updated_ns)"
				  " VALUES (?1, ?2, ?3, ?3)";
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, name);
	bind_text(stmt, 2, package);
	bind_int(stmt, 3, clock_wall_ns());
	return statement_run(&state->sql, stmt, err);
}

int app_move(struct state *state, const char *name, const char *package, const char *previous,
	     struct error *err)
{
	static const char sql[] = "UPDATE app SET package = ?2, previous = ?3, updating = NULL,"
				  " updated_ns = ?4 WHERE name = ?1";
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, name);
	bind_text(stmt, 2, package);
	bind_text(stmt, 3, previous);
	bind_int(stmt, 4, clock_wall_ns());
	return statement_run(&state->sql, stmt, err);
}

int app_set_updating(struct state *state, const char *name, const char *package, struct error *err)
{
	static const char sql[] = "UPDATE app SET updating = ?2 WHERE name = ?1";
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, name);
	bind_text(stmt, 2, package);
	return statement_run(&state->sql, stmt, err);
}

int app_remove(struct state *state, const char *name, struct error *err)
{
	char object[160];
	int r = rows_change(state, "DELETE FROM app WHERE name = ?", name, err);

	snprintf(object, sizeof(object), "app/%.100s", name);
	return r < 0 ? r : event_forget(state, object, err);
}

/* ---- packages ---- */

void package_row_release(struct package_row *row)
{
	free(row->name);
	row->name = NULL;
}

int package_find(struct state *state, const char *digest, struct package_row *ret_row,
		 struct error *err)
{
	static const char sql[] = "SELECT name, bytes, installed_ns, set_id FROM package"
				  " WHERE digest = ? AND state = 'ready'";
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, digest);
	r = statement_step(&state->sql, stmt, err);
	if (r > 0 && ret_row)
		*ret_row = (struct package_row){
			.name = copy_or_null(stmt, 0),
			.bytes = sqlite3_column_int64(stmt, 1),
			.installed_ns = sqlite3_column_int64(stmt, 2),
			.set_id = sqlite3_column_int(stmt, 3) != 0,
		};
	return r;
}

int package_is_noted(struct state *state, const char *digest, struct error *err)
{
	return rows_holds(state, "SELECT 1 FROM package WHERE digest = ?", digest, err);
}

int package_begin(struct state *state, const struct store_copy *copy, const char *name,
		  struct error *err)
{
	static const char sql[] = "INSERT INTO package (digest, name, bytes, set_id, installed_ns, state)"
				  " VALUES (?, ?, ?, ?, ?, 'making') ON CONFLICT (digest) DO UPDATE"
				  " SET state = 'making' WHERE state = 'going'";
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, copy->digest);
	bind_text(stmt, 2, name);
	bind_int(stmt, 3, (int64_t)copy->bytes);
	bind_int(stmt, 4, copy->set_id);
	bind_int(stmt, 5, clock_wall_ns());
	return statement_run(&state->sql, stmt, err);
}

int package_mark_ready(struct state *state, const char *digest, struct error *err)
{
	return rows_change(state, "UPDATE package SET state = 'ready' WHERE digest = ?", digest, err);
}

#define UNUSED                                                                                     \
	"NOT EXISTS (SELECT 1 FROM app WHERE digest IN (package, previous, updating))"             \
	" AND NOT EXISTS (SELECT 1 FROM instance WHERE instance.package = digest)"

static int forget(struct state *state, struct store *store, const char *digest, struct error *err)
{
	int r = rows_change(state,
			    "UPDATE package SET state = 'going' WHERE digest = ?"
			    " AND " UNUSED,
			    digest, err);

	if (r == 0)
		r = rows_holds(state, "SELECT 1 FROM package WHERE digest = ? AND state = 'going'", digest,
			       err);
	if (r <= 0)
		return r;
	r = store_forget(store, digest, err);
	return r < 0 ? r
		     : rows_change(state, "DELETE FROM package WHERE digest = ? AND state = 'going'",
				   digest, err);
}

int package_forget(struct state *state, struct store *store, const char *digest, struct error *err)
{
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	char object[160];
	int r;

	snprintf(object, sizeof(object), "package/%.100s", digest);
	r = claim_try(state, object, &claim, NULL);
	/* whoever has it is about to name it, or to forget it */
	return r == -EBUSY ? 0 : r < 0 ? r : forget(state, store, digest, err);
}

int package_each_unused(struct state *state, int (*visit)(const char *digest, void *data), void *data,
			struct error *err)
{
	return rows_each_name(state, "SELECT digest FROM package WHERE " UNUSED, visit, data, err);
}

struct tidying {
	struct state *state;
	struct store *store;
	struct error *err;
};

static int forget_one(const char *digest, void *data)
{
	const struct tidying *tidying = data;

	return package_forget(tidying->state, tidying->store, digest, tidying->err);
}

int package_tidy(struct state *state, struct store *store, struct error *err)
{
	struct tidying tidying = {state, store, err};

	store_tidy(store);
	return package_each_unused(state, forget_one, &tidying, err);
}
