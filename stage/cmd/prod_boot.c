// SPDX-License-Identifier: BSD-2-Clause
/* What the unit of a user's application calls: all of it that was up comes up, and goes down to come back. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/log.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/prod.h"
#include "stage/instance/demand.h"
#include "stage/instance/start.h"
#include "stage/instance/stop.h"

struct all {
	struct state *state;
	struct targets targets;
	struct claims claims;
};

static void all_release(struct all *all)
{
	claims_release(&all->claims);
	targets_release(&all->targets);
	state_close(all->state);
}

static int find(struct all *all, const struct asked *asked, struct error *err)
{
	int r = cmd_state_open(&all->state, err);

	if (r == 0)
		r = targets_find(all->state, asked, &all->targets, err);
	if (r == 0 && all->targets.apps.count != 1)
		return error_set(err, -EINVAL, "which application?");
	return r < 0 ? r : targets_claim(all->state, &all->targets, true, &all->claims, err);
}

/* ---- which were up when it went down: they are as stopped, and come up again ---- */

enum { LIST_MAX = 4 << 20 };

static char *list_path(const struct all *all)
{
	return state_path(all->state, "app/%s/up-at-boot", all->targets.apps.items[0]);
}

static int list_write(const struct all *all, const struct text *names, struct error *err)
{
	_cleanup_(io_output_release) struct io_output output = IO_OUTPUT_INIT;
	_cleanup_(freep) char *path = list_path(all);
	int r = path && !text_failed(names) ? io_output_open(&output, path, 0600, err) : error_oom(err);

	if (r == 0) {
		r = io_write(output.fd, names->bytes, names->size);
		if (r < 0)
			return error_code(err, r, "cannot write '%s'", path);
	}
	return r < 0 ? r : io_publish(&output, err);
}

/* "/1/2/www/": no name has a slash. */
static int list_read(const struct all *all, struct text *names, struct error *err)
{
	_cleanup_(freep) char *path = list_path(all);
	int r = path ? io_read_file(AT_FDCWD, path, LIST_MAX, names, err) : error_oom(err);

	return r == -ENOENT ? 0 : r;
}

static bool list_has(const struct text *names, const char *name)
{
	char word[80];

	snprintf(word, sizeof(word), "/%s/", name);
	return strstr(names->bytes, word);
}

static void list_remove(const struct all *all)
{
	_cleanup_(freep) char *path = list_path(all);

	if (path)
		unlink(path);
}

/* ---- up ---- */

static int add_start(struct state *state, const struct target *target, const struct text *names,
		     struct starts *starts, struct error *err)
{
	struct start start = START_INIT;
	int r = instance_must_exist(state, target->app, target->name, &start.instance, err);
	bool up = r == 0 && (start.instance.wanted || list_has(names, target->name));

	if (up && array_push(starts, start) == 0)
		return 0;
	instance_release(&start.instance);
	return up ? error_oom(err) : r;
}

static bool is_well(const struct starts *starts)
{
	bool well = true;

	for (size_t i = 0; i < starts->count; i++) {
		if (starts->items[i].code < 0)
			log_error("%s", starts->items[i].err.message);
		well &= starts->items[i].code == 0;
	}
	return well;
}

int cmd_prod_boot_up(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(text_release) struct text names = TEXT_INIT;
	_cleanup_(starts_release) struct starts starts = STARTS_INIT, held = STARTS_INIT;
	_cleanup_(all_release) struct all all = {.targets = TARGETS_INIT, .claims = CLAIMS_INIT};
	struct error err = ERROR_INIT;
	int status = EXIT_DONE, r = find(&all, asked, &err);

	if (r == 0)
		r = list_read(&all, &names, &err);
	for (size_t i = 0; r == 0 && i < all.targets.count; i++)
		r = add_start(all.state, &all.targets.items[i], &names, &starts, &err);
	if (r == 0)
		r = demand_begin(all.state, &starts, &held, &err);
	if (r == 0)
		r = instance_start(all.state, &starts, &err);
	if (r == 0 && !(is_well(&starts) & is_well(&held)))
		status = EXIT_FAILED;
	if (r == 0)
		list_remove(&all);
	return r < 0 ? command_answer(command, r, &err) : status;
}

/* ---- down ---- */

static int add_stop(struct state *state, const struct target *target, struct text *names, struct stops *stops,
		    struct error *err)
{
	struct stop stop = {.instance = INSTANCE_INIT, .run = RUN_INIT, .err = ERROR_INIT};
	int r = instance_must_exist(state, target->app, target->name, &stop.instance, err);

	if (r == 0)
		r = run_newest(state, target->app, target->name, &stop.run, err);
	if (r >= 0 && stop.instance.wanted)
		text_printf(names, "%s/", target->name);
	if (r >= 0 && array_push(stops, stop) == 0)
		return 0;
	instance_release(&stop.instance);
	run_release(&stop.run);
	return r < 0 ? r : error_oom(err);
}

/* Nothing of it is to come up again by itself meanwhile. */
static int want_down(struct state *state, struct stops *stops, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < stops->count; i++) {
		struct instance *instance = &stops->items[i].instance;

		r = instance_want(state, instance->app, instance->name, false, err);
		instance->wanted = false;
	}
	return r;
}

int cmd_prod_boot_down(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(text_release) struct text names = TEXT_INIT;
	_cleanup_(stops_release) struct stops stops = STOPS_INIT;
	_cleanup_(all_release) struct all all = {.targets = TARGETS_INIT, .claims = CLAIMS_INIT};
	struct error err = ERROR_INIT;
	int status = EXIT_DONE, r = find(&all, asked, &err);

	text_add_char(&names, '/');
	for (size_t i = 0; r == 0 && i < all.targets.count; i++)
		r = add_stop(all.state, &all.targets.items[i], &names, &stops, &err);
	if (r == 0 && names.size > 1)
		r = list_write(&all, &names, &err);
	if (r == 0)
		r = want_down(all.state, &stops, &err);
	if (r == 0)
		r = instance_stop(all.state, &stops, INSTANCE_GRACE, &err);
	for (size_t i = 0; r == 0 && i < stops.count; i++)
		if (stops.items[i].code < 0) {
			log_error("%s", stops.items[i].err.message);
			status = EXIT_FAILED;
		}
	return r < 0 ? command_answer(command, r, &err) : status;
}
