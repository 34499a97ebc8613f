// SPDX-License-Identifier: BSD-2-Clause
/* sfc prod list, and with --all-users: what is root's, and what every other user says is his. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/prod.h"
#include "stage/state/place.h"
#include "stage/state/users.h"

enum { SAID_MAX = 1 << 20, CELL_MAX = 1024, DEPTH_MAX = 8 };

/* ---- what a user answers, as himself ---- */

static json_t *rows_json(const struct columns *columns)
{
	json_t *rows = json_array(), *row = json_array();

	for (size_t i = 0; i < columns->cells.count; i++) {
		const char *cell = columns->cells.items[i];

		if (cell) {
			json_array_append_new(row, json_string(cell));
			continue;
		}
		json_array_append_new(rows, row);
		row = json_array();
	}
	json_decref(row);
	return rows;
}

static int answer(bool apps, struct error *err)
{
	_cleanup_(columns_release) struct columns columns = {.align = ""};
	_cleanup_(state_closep) struct state *state = NULL;
	_cleanup_(json_freep) json_t *list = json_array(), *object = json_object();
	const struct asked asked = {.json = apps};
	int r = state_open(NULL, &state, err);

	if (r == 0)
		r = prod_list_fill(state, &asked, &columns, apps ? list : NULL, err);
	if (r == 0 && columns.failed)
		r = error_oom(err);
	if (r == 0 && json_set(object, apps ? "apps" : "rows", apps ? take(list) : rows_json(&columns)) < 0)
		r = error_oom(err);
	if (r == 0 && (json_dumpf(object, stdout, JSON_COMPACT) < 0 || fflush(stdout) == EOF))
		r = error_errno(err, "cannot write to the standard output");
	return r;
}

/* Who has never run anything is not given a state for being asked. */
int cmd_prod_own(const struct sfc_command *command, struct asked *asked)
{
	struct error err = ERROR_INIT;

	if (asked->operand_count != 1)
		return command_misused(command, "rows or apps?");
	if (!place_is_there()) {
		puts("{}");
		return EXIT_DONE;
	}
	return command_answer(command, answer(strcmp(asked->operands[0], "apps") == 0, &err), &err);
}

/* ---- what root makes of it: nothing in it is believed ---- */

struct gathering {
	const struct asked *asked;
	struct columns columns;
	json_t *json;
};

static void add_row(struct gathering *gathering, const char *owner, const char *const *cells)
{
	if (gathering->asked->quiet) {
		printf("%s %s\n", owner, cells[0]);
		return;
	}
	columns_add(&gathering->columns, owner);
	for (size_t i = 0; i < PROD_LIST_COLUMNS; i++)
		columns_add(&gathering->columns, cells[i]);
	columns_end(&gathering->columns);
}

static int take_row(struct gathering *gathering, const struct user *user, const json_t *row)
{
	_cleanup_(text_release) struct text name = TEXT_INIT;
	const char *cells[PROD_LIST_COLUMNS];

	if (json_array_size(row) != PROD_LIST_COLUMNS)
		return -EBADMSG;
	for (size_t i = 0; i < PROD_LIST_COLUMNS; i++) {
		cells[i] = json_string_value(json_array_get(row, i));
		if (!cells[i] || strlen(cells[i]) > CELL_MAX)
			return -EBADMSG;
	}
	text_add_escaped(&name, cells[0]);
	if (text_failed(&name))
		return -ENOMEM;
	cells[0] = gathering->asked->quiet ? name.bytes : cells[0];
	add_row(gathering, user->name, cells);
	return 0;
}

/* The same without what would drive a terminal, and no deeper than ours is. NULL: it is, or no memory. */
static json_t *plain_copy(const json_t *json, int depth)
{
	json_t *copy = NULL, *item;
	const char *key;
	size_t i;

	if (depth == DEPTH_MAX)
		return NULL;
	if (json_is_string(json))
		return json_path(json_string_value(json));
	if (!json_is_array(json) && !json_is_object(json))
		return json_deep_copy(json);
	copy = json_is_array(json) ? json_array() : json_object();
	json_array_foreach((json_t *)json, i, item)
	{
		if (copy && json_array_append_new(copy, plain_copy(item, depth + 1)) < 0) {
			json_decref(copy);
			return NULL;
		}
	}
	json_object_foreach((json_t *)json, key, item)
	{
		_cleanup_(text_release) struct text name = TEXT_INIT;

		text_add_escaped(&name, key);
		if (copy && json_set(copy, name.bytes, plain_copy(item, depth + 1)) < 0) {
			json_decref(copy);
			return NULL;
		}
	}
	return copy;
}

static int take_app(struct gathering *gathering, const struct user *user, const json_t *app)
{
	_cleanup_(json_freep) json_t *copy = json_is_object(app) ? plain_copy(app, 0) : NULL;

	if (!copy || json_set(copy, "owner", json_path(user->name)) < 0)
		return -EBADMSG;
	return json_array_append_new(gathering->json, take(copy)) < 0 ? -ENOMEM : 0;
}

static int take_answer(struct gathering *gathering, const struct user *user)
{
	_cleanup_(json_freep) json_t *object = NULL;
	const json_t *list;
	json_t *item;
	size_t i;
	int r = user->code;

	if (r == 0)
		r = json_read(user->said.bytes, user->said.size, SAID_MAX, &object, NULL);
	if (r < 0)
		return r;
	list = json_object_get(object, gathering->json ? "apps" : "rows");
	json_array_foreach((json_t *)list, i, item)
	{
		if (r == 0)
			r = gathering->json ? take_app(gathering, user, item) : take_row(gathering, user, item);
	}
	return r;
}

static bool take_all(struct gathering *gathering, const struct users *users)
{
	bool whole = true;

	for (size_t i = 0; i < users->list.count; i++) {
		const struct user *user = &users->list.items[i];
		int r = take_answer(gathering, user);

		whole &= r == 0;
		if (r == -ETIME)
			log_error("user '%s' did not answer within 2 seconds", user->name);
		else if (r == -EFBIG)
			log_error("user '%s' answered with more than 1 MiB", user->name);
		else if (r < 0)
			log_error("user '%s' cannot be asked, or answers what is no list", user->name);
	}
	return whole;
}

/* ---- root's own ---- */

static int take_own(struct gathering *gathering, struct error *err)
{
	_cleanup_(columns_release) struct columns own = {.align = ""};
	_cleanup_(state_closep) struct state *state = NULL;
	const struct asked asked = {.json = gathering->json != NULL};
	const char *cells[PROD_LIST_COLUMNS] = {NULL};
	json_t *app;
	size_t i, at = 0;
	int r = state_open(NULL, &state, err);

	if (r == 0)
		r = prod_list_fill(state, &asked, &own, gathering->json, err);
	if (r == 0 && own.failed)
		r = error_oom(err);
	json_array_foreach(gathering->json, i, app)
	{
		if (r == 0 && json_set(app, "owner", json_string("root")) < 0)
			r = error_oom(err);
	}
	for (i = 0; r == 0 && i < own.cells.count; i++) {
		if (own.cells.items[i]) {
			cells[at++] = own.cells.items[i];
			continue;
		}
		add_row(gathering, "root", cells);
		at = 0;
	}
	return r;
}

static int gather(struct gathering *gathering, bool *ret_whole, struct error *err)
{
	const char *const words[] = {"sfc", "prod", "_own", gathering->json ? "apps" : "rows", NULL};
	_cleanup_(users_release) struct users users = {.list = ARRAY_INIT};
	int r = take_own(gathering, err);

	if (r == 0)
		r = users_find(&users, err);
	if (r == 0)
		r = users_ask(&users, words, err);
	if (r < 0)
		return r;
	*ret_whole = take_all(gathering, &users);
	if (gathering->asked->quiet)
		return 0;
	return gathering->json ? json_print(take(gathering->json), err) : columns_print(&gathering->columns, err);
}

static int list_all(const struct sfc_command *command, const struct asked *asked)
{
	struct gathering gathering = {
		.asked = asked, .columns = {.align = "<<<><<>>><"}, .json = asked->json && !asked->quiet ? json_array() : NULL};
	struct error err = ERROR_INIT;
	bool whole = true;
	int r;

	if (asked->operand_count)
		return command_misused(command, "--all-users lists all there are, not '%s'", asked->operands[0]);
	columns_add(&gathering.columns, "OWNER");
	for (const char *const *head = prod_list_heads; *head; head++)
		columns_add(&gathering.columns, *head);
	columns_end(&gathering.columns);
	r = geteuid() == 0 ? gather(&gathering, &whole, &err)
			   : error_set(&err, -EPERM, "--all-users is for root: only he may ask the others");
	json_decref(gathering.json);
	columns_release(&gathering.columns);
	return r < 0 ? command_answer(command, r, &err) : whole ? EXIT_DONE : EXIT_FAILED;
}

int cmd_prod_list(const struct sfc_command *command, struct asked *asked)
{
	struct error err = ERROR_INIT;

	if (asked->hosts.count)
		return command_answer(command, prod_list_hosts(asked, &err), &err);
	return asked->all_users ? list_all(command, asked) : command_answer(command, prod_list(asked, &err), &err);
}
