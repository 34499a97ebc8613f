// SPDX-License-Identifier: BSD-2-Clause
/* sfc prod checkpoint and restore: an instance that runs as a file, and back. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/prod.h"
#include "stage/instance/app.h"
#include "stage/instance/checkpoint.h"
#include "stage/instance/limits.h"
#include "stage/instance/start.h"
#include "stage/instance/stop.h"
#include "stage/layer/directory.h"
#include "stage/spec/spec_json.h"

static int claim(struct state *state, const char *app, const char *name, struct claim *ret_claim, struct error *err)
{
	char object[160];

	instance_object(app, name, object, sizeof(object));
	return claim_take(state, object, ret_claim, err);
}

int cmd_prod_checkpoint(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(claim_release) struct claim held = CLAIM_INIT;
	_cleanup_(state_closep) struct state *state = NULL;
	struct look look = {.instance = INSTANCE_INIT, .run = RUN_INIT};
	struct checkpoint_written written = {.size = 0};
	_cleanup_(freep) char *copy = NULL, *own = NULL;
	struct error err = ERROR_INIT;
	const char *app, *name, *path;
	int r;

	if (asked->operand_count != 1)
		return command_misused(command, "of which instance? 'sfc prod list' shows them");
	copy = strdup(asked->operands[0]);
	r = copy ? cmd_state_open(&state, &err) : error_oom(&err);
	if (r == 0)
		r = instance_parse(copy, &app, &name, &err);
	if (r == 0 && name)
		r = claim(state, app, name, &held, &err);
	if (r == 0)
		r = prod_find_up(state, asked->operands[0], &look, &err);
	if (r == 0 && asprintf(&own, "%s-%s.checkpoint", app, name) < 0)
		r = error_oom(&err);
	path = asked->output ? asked->output : own;
	if (r == 0)
		r = instance_checkpoint(state, &look.instance, &look.run, path, asked->force, &written, &err);
	if (r == 0 && asked->quiet)
		printf("sha256:%s\n", written.digest);
	else if (r == 0)
		printf("%s: %s/%s, %llu bytes, sha256:%s; it is stopped\n", path, app, name,
		       (unsigned long long)written.size, written.digest);
	instance_release(&look.instance);
	run_release(&look.run);
	return command_answer(command, r, &err);
}

/* ---- restore ---- */

/* What is beyond the default comes from who is here, never from a file of others. */
static int check_asked(const struct checkpoint *checkpoint, const char *app, struct error *err)
{
	const struct spec *spec = &checkpoint->spec;
	const char *what = spec->privileged	  ? "--privileged"
			   : spec->cap_add.count  ? "--cap-add"
			   : spec->devices.count  ? "--device"
			   : spec->volumes.count  ? "--volume"
			   : spec->seccomp && strcmp(spec->seccomp, "default") != 0 ? "--seccomp"
			   : spec->runtime && strchr(spec->runtime, '/')	    ? "--runtime"
			   : spec->runtime_args.count				    ? "--runtime-arg"
										    : NULL;

	return checkpoint->own || !what
		       ? 0
		       : error_set(err, -EPERM,
				   "this checkpoint was not made here and asks for %s: start '%s/%s' with that, stop it, and "
				   "restore into it",
				   what, app, checkpoint->name);
}

static int make_instance(struct state *state, const struct checkpoint *checkpoint, const char *app, const char *name,
			 struct instance *instance, struct error *err)
{
	_cleanup_(json_freep) json_t *spec = spec_to_json(&checkpoint->spec);
	_cleanup_(app_release) struct app row = APP_INIT;
	char *user = NULL;
	int r = app_must_exist(state, app, &row, err);

	if (r == 0 && strcmp(row.package, checkpoint->package) != 0)
		return error_set(err, -ENOENT, "'%s' is the package sha256:%.12s…, the checkpoint was made of sha256:%.12s…",
				 app, row.package, checkpoint->package);
	if (r == 0)
		r = check_asked(checkpoint, app, err);
	if (r == 0)
		r = limits_user(NULL, &user, err);
	if (r < 0)
		return r;
	instance->app = strdup(app);
	instance->name = strdup(name);
	instance->package = strdup(checkpoint->package);
	instance->user = user;
	instance->wanted = true;
	if (!spec || !instance->app || !instance->name || !instance->package)
		return error_oom(err);
	r = spec_from_json(spec, &instance->spec, err);
	return r < 0 ? r : instance_add(state, instance, err);
}

/* One that is there and down, or a new one. */
static int find_or_make(struct state *state, const struct checkpoint *checkpoint, const char *app, const char *name,
			struct instance *instance, struct error *err)
{
	int r = instance_settle(state, app, name, err);

	if (r == -ENOENT)
		return make_instance(state, checkpoint, app, name, instance, err);
	if (r > 0)
		return error_set(err, -EBUSY, "%s/%s is running; stop it first", app, name);
	if (r == 0)
		r = instance_must_exist(state, app, name, instance, err);
	if (r == 0 && strcmp(instance->package, checkpoint->package) != 0)
		r = error_set(err, -ENOENT, "%s/%s stands on the package sha256:%.12s…, the checkpoint on sha256:%.12s…", app,
			      name, instance->package, checkpoint->package);
	return r;
}

int cmd_prod_restore(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(checkpoint_release) struct checkpoint checkpoint = CHECKPOINT_INIT;
	_cleanup_(starts_release) struct starts starts = STARTS_INIT;
	_cleanup_(claim_release) struct claim held = CLAIM_INIT;
	_cleanup_(state_closep) struct state *state = NULL;
	struct start start = START_INIT;
	_cleanup_(freep) char *copy = NULL, *images = NULL;
	struct error err = ERROR_INIT;
	const char *app = NULL, *name = NULL;
	bool runs;
	int status, r;

	if (!asked->operand_count)
		return command_misused(command, "which file, and as which instance?");
	r = cmd_state_open(&state, &err);
	if (r == 0)
		r = checkpoint_open(state, asked->operands[0], asked->digest, &checkpoint, &err);
	copy = asked->operand_count > 1 ? strdup(asked->operands[1]) : NULL;
	if (r == 0 && copy)
		r = instance_parse(copy, &app, &name, &err);
	app = app ? app : checkpoint.app;
	name = name ? name : checkpoint.name;
	if (r == 0)
		r = claim(state, app, name, &held, &err);
	if (r == 0)
		r = find_or_make(state, &checkpoint, app, name, &start.instance, &err);
	if (r == 0)
		r = checkpoint_place(state, &checkpoint, &start.instance, &images, &err);
	start.restore = images;
	if (r == 0 && array_push(&starts, start) < 0)
		r = error_oom(&err);
	if (r == 0)
		r = instance_start(state, &starts, &err);
	runs = r == 0 && starts.items[0].code == 0;
	if (images) {
		int settled = checkpoint_settle(state, &start.instance, runs, r == 0 ? &err : NULL);

		r = r == 0 ? settled : r;
	}
	status = command_answer(command, r, &err);
	if (r == 0 && !prod_say_started(asked, &starts))
		status = EXIT_FAILED;
	if (images)
		directory_remove_at(AT_FDCWD, images, images, NULL);
	return status;
}
