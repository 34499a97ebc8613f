/* SPDX-License-Identifier: BSD-2-Clause */
/* What the commands of `sfc prod` share: which instances are meant, and how what went wrong is said. */
#ifndef STAGE_CMD_PROD_H
#define STAGE_CMD_PROD_H

#include <jansson.h>

#include "db/base/columns.h"
#include "stage/cmd/command.h"
#include "stage/instance/look.h"
#include "stage/state/claim.h"
#include "stage/state/state.h"

struct target {
	char *app, *name;
	bool named; /* as APP/I; else it is one of APP's */
};

struct targets {
	struct target *items; /* each once, in the order in which they were asked for */
	size_t count, capacity;
	spec_strings apps; /* those that were named as a whole */
};

#define TARGETS_INIT                                                                               \
	{                                                                                          \
		.items = NULL                                                                      \
	}

void targets_release(struct targets *targets);
/* Those of APP and APP/I on the command line, or with --all and no word all there are. -EINVAL, -ENOENT. */
int targets_find(struct state *state, const struct asked *asked, struct targets *targets,
		 struct error *err);
/* What it is doing; NULL: it is gone meanwhile. */
const struct look *targets_look(const struct target *target, const struct looks *looks);
bool targets_have(const struct targets *targets, const struct look *look);
/* Claim them, and with `apps` the applications that were named. */
int targets_claim(struct state *state, const struct targets *targets, bool apps,
		  struct claims *claims, struct error *err);

/* The instance that APP/I names, which is up; -EINVAL, -ENOENT, -ESRCH. Release both parts in any case. */
int prod_find_up(struct state *state, const char *word, struct look *ret_look, struct error *err);

/*
 * Instances of these words may have come or gone: the units of what is enabled follow. Nobody may hold a claim: what
 * systemd starts takes them.
 */
void prod_refresh_units(struct state *state, const struct asked *asked);

/* What came of starts; true: all went well. */
struct starts;
bool prod_say_started(const struct asked *asked, const struct starts *starts);

/* What a user's package cannot have on disk: a warning a kind. */
struct store_copy;
void prod_tell_losses(const char *path, const struct store_copy *copy);

/* What list shows: a row of text for each instance into columns, or an object for each application into json. */
enum { PROD_LIST_COLUMNS = 9 };
extern const char *const prod_list_heads[PROD_LIST_COLUMNS + 1];
int prod_list_fill(struct state *state, const struct asked *asked, struct columns *columns, json_t *json,
		   struct error *err);
/* What other hosts have: printed, and -EIO when one does not answer. */
int prod_list_hosts(const struct asked *asked, struct error *err);
/* Who asks has these: printed. */
int prod_list(const struct asked *asked, struct error *err);

/* One instance as JSON: what list and inspect have in common. */
json_t *prod_instance_json(const struct looks *looks, const struct look *look);
/* An application without its instances. */
struct app;
json_t *prod_app_json(const struct app *app);

#endif
