/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An instance as a row: how it is to be run, whose it is, and whether it is wanted up. What it does just now is
 * said by its newest run (instance/run.h). Its files are app/APP/NAME: "layer", what it wrote, and "log".
 *
 * All that changes one is done under its claim, "instance/APP/NAME".
 */
#ifndef STAGE_INSTANCE_INSTANCE_H
#define STAGE_INSTANCE_INSTANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "stage/spec/spec.h"
#include "stage/state/state.h"

struct instance {
	char *app, *name;
	char *package; /* the digest of what it stands on */
	struct spec spec;
	char *user;                 /* whose limits count */
	char *guard, *guard_source; /* NULL: none */
	bool ephemeral, wanted;
	bool ready;       /* false: it is being made or removed, or was by a command that was killed */
	int64_t created_ns;
};

#define INSTANCE_INIT                                                                              \
	{                                                                                          \
		.spec = SPEC_INIT                                                                  \
	}

void instance_release(struct instance *instance);

/* 1 with its row, whatever its state is; 0 there is none. ret_instance may be NULL. */
int instance_find(struct state *state, const char *app, const char *name,
		  struct instance *ret_instance, struct error *err);
/* 0 or -ENOENT, where none that is ready is an error that says so. */
int instance_must_exist(struct state *state, const char *app, const char *name,
			struct instance *ret_instance, struct error *err);
/* The names of an application's, as people count: 2 before 10. *ret_names is empty. */
int instance_names(struct state *state, const char *app, spec_strings *ret_names, struct error *err);
/* Those that are not ready. */
int instance_names_unready(struct state *state, const char *app, spec_strings *ret_names,
			   struct error *err);

/* A row that is being made; in a transaction of the caller's if there is one. -EEXIST. */
int instance_add(struct state *state, const struct instance *instance, struct error *err);
int instance_mark_ready(struct state *state, const char *app, const char *name, struct error *err);
int instance_want(struct state *state, const char *app, const char *name, bool up, struct error *err);
/* How it is run, its package and its guard are as in the struct from now on. */
int instance_change(struct state *state, const struct instance *instance, struct error *err);
/* What it was asked is kept aside, for an update that may be undone; and taken up again. */
int instance_keep_before(struct state *state, const char *app, struct error *err);
int instance_restore_before(struct state *state, const char *app, struct error *err);
int instance_drop_before(struct state *state, const char *app, struct error *err);
/* It is down: its files and rows go. A kill in between leaves what instance_settle() finishes. */
int instance_remove(struct state *state, const char *app, const char *name, struct error *err);

/* "instance/APP/NAME", as claims and events have it. */
void instance_object(const char *app, const char *name, char *buffer, size_t size);
/* Its directory app/APP/NAME, made if need be, with its "layer"; the caller frees the path. */
int instance_directory(struct state *state, const char *app, const char *name, char **ret_path,
		       struct error *err);
/* "APP/NAME" or "APP" as given on a command line: name NULL. Both are in `word`, which is cut. -EINVAL. */
int instance_parse(char *word, const char **ret_app, const char **ret_name, struct error *err);

#endif
