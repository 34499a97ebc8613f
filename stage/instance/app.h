/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Applications and packages, as rows. A package is one by its digest, and there as long as somebody stands on
 * it; an application is a name for one, with instances.
 *
 * All that changes an application is done under its claim, "app/NAME"; packages come and go under
 * "package/DIGEST".
 */
#ifndef STAGE_INSTANCE_APP_H
#define STAGE_INSTANCE_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/digest.h"
#include "db/base/error.h"
#include "stage/state/state.h"
#include "stage/store/store.h"

struct app {
	char *name, *package;
	char *previous, *updating; /* NULL: none */
	int64_t installed_ns, updated_ns;
};

#define APP_INIT                                                                                   \
	{                                                                                          \
		NULL, NULL, NULL, NULL, 0, 0                                                       \
	}

void app_release(struct app *app);
/* 1 it is there, 0 there is none; ret_app may be NULL. */
int app_find(struct state *state, const char *name, struct app *ret_app, struct error *err);
/* The same, where none is an error that says so, and what was meant: 0 or -ENOENT. */
int app_must_exist(struct state *state, const char *name, struct app *ret_app, struct error *err);
/* In the order of names; a visitor that returns non-zero ends it: that comes back. */
int app_each(struct state *state, int (*visit)(const struct app *app, void *data), void *data,
	     struct error *err);
int app_add(struct state *state, const char *name, const char *package, struct error *err);
/* Its package is this one from now on, and what it had is what it could go back to. */
int app_move(struct state *state, const char *name, const char *package, const char *previous,
	     struct error *err);
/* Where an update leads; NULL: it is over. */
int app_set_updating(struct state *state, const char *name, const char *package, struct error *err);
/* It has no instances any more. */
int app_remove(struct state *state, const char *name, struct error *err);

struct package_row {
	char *name; /* NULL: it does not say */
	int64_t bytes, installed_ns;
	bool set_id;
};

void package_row_release(struct package_row *row);
/* 1 it is ready, 0 there is none. */
int package_find(struct state *state, const char *digest, struct package_row *ret_row,
		 struct error *err);
/* 1 it has a row, ready or not; 0 it has none. */
int package_is_noted(struct state *state, const char *digest, struct error *err);
/* The intention, before the file has a name. One that is ready stays so. */
int package_begin(struct state *state, const struct store_copy *copy, const char *name,
		  struct error *err);
int package_mark_ready(struct state *state, const char *digest, struct error *err);
/*
 * Unless somebody stands on it, or works on it just now: its file, its mount and its row go. The caller has not
 * claimed it.
 */
int package_forget(struct state *state, struct store *store, const char *digest, struct error *err);
/* Packages that nobody stands on, and those of commands that were killed; the visitor may forget them. */
int package_each_unused(struct state *state, int (*visit)(const char *digest, void *data), void *data,
			struct error *err);
/* Forget all of them. */
int package_tidy(struct state *state, struct store *store, struct error *err);

#endif
