// SPDX-License-Identifier: BSD-2-Clause
/* sfc dev list, diff and log: what is there, for people and as JSON. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/columns.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "stage/cmd/cmd.h"
#include "stage/layer/base.h"
#include "stage/layer/dev.h"
#include "stage/layer/diff.h"
#include "stage/layer/visit.h"
#include "stage/state/event.h"
#include "stage/state/state.h"


/* ---- list ---- */

struct listing {
	struct state *state;
	struct columns columns;
	json_t *names, *bases; /* NULL: columns */
	struct error *err;
};

static void row(struct listing *listing, const char *name, const char *kind, const char *base,
		const char *from, int64_t created_ns)
{
	char stamp[32];

	state_stamp(created_ns, stamp, sizeof(stamp));
	columns_add(&listing->columns, name);
	columns_add(&listing->columns, kind);
	columns_add(&listing->columns, base);
	columns_add(&listing->columns, from);
	columns_add(&listing->columns, stamp);
	columns_end(&listing->columns);
}

static int add_visit(const struct visit_row *visit, void *data)
{
	char since[32];

	state_stamp(visit->since_ns, since, sizeof(since));
	return json_array_append_new(data, json_pack("{s:I, s:o, s:s}", "pid", (json_int_t)visit->pid,
						     "what", json_path(visit->what), "since", since));
}

static int dev_json(struct listing *listing, const struct dev *dev)
{
	_cleanup_(freep) char *layer =
		state_path(listing->state, "dev/%s/%" PRId64 "/upper", dev->name, dev->layer);
	json_t *visits = json_array(), *object;
	char stamp[32];
	int r = visit_each(listing->state, dev->name, add_visit, visits, listing->err);

	state_stamp(dev->created_ns, stamp, sizeof(stamp));
	object = layer ? json_pack("{s:s, s:s, s:o, s:s, s:o, s:o}", "name", dev->name, "base",
				   dev->base, "from", json_path(dev->source), "created", stamp, "layer",
				   json_path(layer), "visits", visits)
		       : NULL;
	if (r == 0 && json_array_append_new(listing->names, object) < 0)
		r = error_oom(listing->err);
	return r;
}

static int show_dev(const struct dev *dev, void *data)
{
	struct listing *listing = data;

	if (listing->names)
		return dev_json(listing, dev);
	row(listing, dev->name, "dev", dev->base, dev->source, dev->created_ns);
	return 0;
}

static int show_base(const struct base *base, void *data)
{
	struct listing *listing = data;
	_cleanup_(freep) char *tree = state_path(listing->state, "base/%s/tree", base->name);
	char stamp[32];

	if (!listing->bases) {
		row(listing, base->name, "base", base->parent ? base->parent : "-", base->source,
		    base->created_ns);
		return 0;
	}
	state_stamp(base->created_ns, stamp, sizeof(stamp));
	if (!tree || json_array_append_new(listing->bases,
					   json_pack("{s:s, s:o, s:s?, s:s, s:o}", "id", base->name,
						     "from", json_path(base->source), "parent",
						     base->parent, "created", stamp, "tree",
						     json_path(tree))) < 0)
		return error_oom(listing->err);
	return 0;
}

int cmd_dev_list(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct error err = ERROR_INIT;
	struct listing listing = {.columns = {.align = "<<<<<"}, .err = &err};
	int r = cmd_state_open(&state, &err);

	if (r < 0)
		return command_failed(command, &err);
	listing.state = state;
	if (asked->json) {
		listing.names = json_array();
		listing.bases = json_array();
	} else {
		columns_add(&listing.columns, "NAME");
		columns_add(&listing.columns, "KIND");
		columns_add(&listing.columns, "BASE");
		columns_add(&listing.columns, "FROM");
		columns_add(&listing.columns, "CREATED");
		columns_end(&listing.columns);
	}
	r = dev_each(state, show_dev, &listing, &err);
	if (r == 0)
		r = base_each(state, show_base, &listing, &err);
	if (r == 0)
		r = asked->json ? json_print(json_pack("{s:O, s:O}", "names", listing.names, "bases",
						       listing.bases),
					     &err)
				: columns_print(&listing.columns, &err);
	json_decref(listing.names);
	json_decref(listing.bases);
	columns_release(&listing.columns);
	return r < 0 ? command_failed(command, &err) : EXIT_DONE;
}

/* ---- diff ---- */

static int print_change(char what, const char *path, void *data)
{
	_cleanup_(text_release) struct text line = TEXT_INIT;

	(void)data;
	text_add_escaped(&line, path);
	return printf("%c %s\n", what, line.bytes) < 0 ? -EIO : 0;
}

static int collect_change(char what, const char *path, void *data)
{
	const char *word = what == 'A' ? "added" : what == 'M' ? "modified" : "deleted";

	return json_array_append_new(data, json_pack("{s:o, s:s}", "path", json_path(path), "change",
						     word)) < 0
		       ? -ENOMEM
		       : 0;
}

static int diff(struct state *state, const char *name, diff_visit visit, void *data, struct error *err)
{
	_cleanup_(fds_release) struct fds lowers = ARRAY_INIT;
	_cleanup_(dev_release) struct dev dev = DEV_INIT;
	_cleanup_(closep) int layer = -1, upper = -1;
	int r = dev_must_exist(state, name, &dev, err);

	if (r == 0)
		r = dev_layer_open(state, name, dev.layer, &layer, err);
	if (r == 0)
		r = base_lowers(state, dev.base, &lowers, err);
	if (r < 0)
		return r;
	upper = openat(layer, "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (upper < 0)
		return error_errno(err, "cannot open the layer of '%s'", name);
	return diff_each(upper, &lowers, visit, data, err);
}

int cmd_dev_diff(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	json_t *changes = asked->json ? json_array() : NULL;
	struct error err = ERROR_INIT;
	int r;

	if (asked->operand_count != 1)
		return command_misused(command, "which name? 'sfc dev list' shows them");
	r = cmd_state_open(&state, &err);
	if (r == 0)
		r = diff(state, asked->operands[0], asked->json ? collect_change : print_change, changes,
			 &err);
	if (r == 0 && asked->json)
		r = json_print(json_incref(changes), &err);
	json_decref(changes);
	return r < 0 ? command_failed(command, &err) : EXIT_DONE;
}

/* ---- log ---- */

static int print_event(const struct event_row *event, void *data)
{
	_cleanup_(text_release) struct text line = TEXT_INIT;
	char stamp[32];

	(void)data;
	state_stamp(event->at_ns, stamp, sizeof(stamp));
	text_add_escaped(&line, event->what);
	return printf("%s  %s  %s\n", stamp, event->who, line.bytes) < 0 ? -EIO : 0;
}

static int collect_event(const struct event_row *event, void *data)
{
	char stamp[32];

	state_stamp(event->at_ns, stamp, sizeof(stamp));
	return json_array_append_new(data, json_pack("{s:s, s:s, s:o}", "at", stamp, "by", event->who,
						     "what", json_path(event->what))) < 0
		       ? -ENOMEM
		       : 0;
}

int cmd_dev_log(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	json_t *events = asked->json ? json_array() : NULL;
	struct error err = ERROR_INIT;
	char object[160];
	int r;

	if (asked->operand_count != 1)
		return command_misused(command, "which name? 'sfc dev list' shows them");
	snprintf(object, sizeof(object), "dev/%.100s", asked->operands[0]);
	r = cmd_state_open(&state, &err);
	if (r == 0)
		r = dev_must_exist(state, asked->operands[0], NULL, &err);
	if (r == 0)
		r = event_each(state, object, asked->json ? collect_event : print_event, events, &err);
	if (r == 0 && asked->json)
		r = json_print(json_incref(events), &err);
	json_decref(events);
	return r < 0 ? command_failed(command, &err) : EXIT_DONE;
}

/* ---- for scripts ---- */

/* What a view of a name is mounted from, and how its image starts: for the commands that are scripts. */
int cmd_dev_info(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(freep) char *bases = NULL, *config = NULL, *lowers = NULL;
	_cleanup_(state_closep) struct state *state = NULL;
	_cleanup_(dev_release) struct dev dev = DEV_INIT;
	struct error err = ERROR_INIT;
	int r;

	if (asked->operand_count != 1)
		return command_misused(command, "which name? 'sfc dev list' shows them");
	r = cmd_state_open(&state, &err);
	if (r == 0)
		r = dev_must_exist(state, asked->operands[0], &dev, &err);
	if (r == 0)
		r = base_lower_paths(state, dev.base, &bases, &err);
	if (r == 0)
		r = base_config(state, dev.base, &config, &err);
	if (r == 0 && asprintf(&lowers, "%s/dev/%s/%" PRId64 "/upper:%s", state->dir, dev.name,
			       dev.layer, bases) < 0)
		r = error_oom(&err);
	if (r == 0)
		r = json_print(json_pack("{s:s, s:s, s:s, s:s?}", "name", dev.name, "base", dev.base,
					 "lowers", lowers, "config", config),
			       &err);
	return r < 0 ? command_failed(command, &err) : EXIT_DONE;
}
