// SPDX-License-Identifier: BSD-2-Clause
/* sfc slim: run a command once under trace, pack what it used, check the package. */
#include "stage/stages/slim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/base/path.h"
#include "stage/cmd/access.h"
#include "stage/cmd/cmd.h"
#include "stage/mount/namespace.h"
#include "stage/mount/outside.h"
#include "stage/stages/learning.h"
#include "stage/state/place.h"

struct slimming {
	const struct sfc_command *command;
	struct asked *asked;
	struct carrier_options access;
	struct reference image; /* what is written, if it is one */
	struct slim_request request;
};

static int check_files(const struct asked *asked, struct error *err)
{
	struct stat st;

	if (asked->scratch && (stat(asked->scratch, &st) < 0 || !S_ISDIR(st.st_mode)))
		return error_set(err, -ENOTDIR, "--scratch '%s' is not a directory", asked->scratch);
	if (asked->spec.input && strcmp(asked->spec.input, "-") != 0 && access(asked->spec.input, R_OK) < 0)
		return error_set(err, -EACCES, "cannot read the input '%s'", asked->spec.input);
	return 0;
}

/* --- inside: in a mount namespace of our own --- */

static int answer(enum slim_result result, int status, const struct error *err)
{
	if (result == SLIM_INTERRUPTED)
		return status;
	/* what was tried on the way may have left a word, too */
	if (result != SLIM_ALIKE)
		log_error("%s", err->message);
	return result == SLIM_COMMAND_FAILED ? EXIT_TRACED
	       : result == SLIM_DIFFERENT    ? EXIT_DIFFERENT
	       : result == SLIM_TOO_LARGE    ? EXIT_GATE
					     : EXIT_DONE;
}

static int inside(void *data)
{
	struct slimming *slimming = data;
	const struct asked *asked = slimming->asked;
	_cleanup_(text_release) struct text warnings = TEXT_INIT;
	_cleanup_(report_release) struct report report = {.quiet = false};
	struct error err = ERROR_INIT;
	enum slim_result result;
	int status, r;

	cmd_unblock_signals();
	r = report_open(&report, asked->quiet, asked->json, stdout, &err);
	if (r == 0)
		r = slim_run(&slimming->request, &report, &result, &status, &warnings, &err);
	cmd_say_warnings(&warnings);
	return r < 0 ? command_answer(slimming->command, r, &err) : answer(result, status, &err);
}

/* --- outside: what it left is removed, however it ended --- */

static int run(struct slimming *slimming, int *ret_status, struct error *err)
{
	_cleanup_(state_closep) struct state *state = NULL;
	_cleanup_(scratch_release) struct scratch scratch = SCRATCH_INIT;
	_cleanup_(freep) char *cache = NULL, *disk = NULL;
	char name[32];
	struct asked *asked = slimming->asked;
	int r;

	outside_wanted();
	r = cmd_enter(err);
	if (r == 0)
		r = cmd_hold_network(asked, err);
	if (r == 0)
		r = cmd_state_open(&state, err);
	if (r == 0)
		r = place_directory(state->dir, "cache", &cache, err);
	if (r == 0)
		r = scratch_make(state, "slim", &scratch, err);
	if (r < 0)
		return r;
	/* in a root of another machine the caller's directory means nothing */
	if (!asked->root && !asked->spec.cwd)
		asked->spec.cwd = getcwd(NULL, 0);
	disk = asked->scratch ? realpath(asked->scratch, NULL) : NULL;
	snprintf(name, sizeof(name), "slim-%d", (int)getpid());
	slimming->request = (struct slim_request){
		.state = state,
		.scratch = &scratch,
		.name = name,
		.cache = cache,
		.spec = &asked->spec,
		.root = asked->root,
		.access = &slimming->access,
		.output = asked->output,
		.image = slimming->image.transport == REFERENCE_FILE ? NULL : &slimming->image,
		.image_name = asked->name,
		.keep_package = asked->keep_package,
		.changes = &asked->changes,
		.force = asked->force,
		.dry_run = asked->dry_run,
		.learn = asked->learn,
		.label = asked->label,
		.trace = asked->trace,
		.disk = disk,
		.keep_manifest = asked->keep_manifest,
		.packer = &asked->packer,
	};
	if (compare_of(asked->compare, &slimming->request.compare) < 0)
		return error_set(err, -EINVAL, "--compare is output, status or none, not '%s'", asked->compare);
	return namespace_run(0, inside, slimming, ret_status, err);
}

/* Is it asked as it can be? 0 or -EINVAL; other codes for what is not as it has to be. */
static int check(struct slimming *slimming, struct error *err)
{
	struct asked *asked = slimming->asked;
	int r;

	if (asked->operand_count && asked->root)
		return error_set(err, -EINVAL, "the root is '%s' or '%s'?", asked->operands[0], asked->root);
	if (asked->operand_count)
		asked->root = asked->operands[0];
	if (!asked->output && !asked->dry_run)
		return error_set(err, -EINVAL, "no output given, use -o FILE or -o IMAGE");
	if (!asked->root && !asked->spec.args.count)
		return error_set(err, -EINVAL, "no command given");
	r = asked->output ? cmd_check_output(asked, &slimming->image, err) : 0;
	if (r == 0 && asked->name && (slimming->image.transport == REFERENCE_FILE || slimming->image.name))
		return error_set(err, -EINVAL, "--name is for an image whose -o says none");
	if (!asked->output)
		asked->output = "slim.sfc"; /* of which nothing is written */
	return r < 0 ? r : check_files(asked, err);
}

static void slimming_release(struct slimming *slimming)
{
	reference_release(&slimming->image);
}

int cmd_slim(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(slimming_release) struct slimming slimming = {.command = command, .asked = asked};
	struct error err = ERROR_INIT;
	int status = EXIT_FAILED, r;

	if (asked->traces.count)
		return cmd_slim_traces(command, asked);
	if (asked->compose || asked->other_image)
		return command_misused(command, "%s goes with --traces", asked->compose ? "--compose" : "--other-image");
	r = check(&slimming, &err);
	if (r == 0 && asked->learn)
		r = learning_check(&asked->spec, &err);
	if (r == 0)
		r = cmd_check_tracing(&asked->spec, &err);
	if (r == 0)
		r = access_read(asked, asked->root, asked->output, &slimming.access, &err);
	if (r == 0)
		r = run(&slimming, &status, &err);
	return r < 0 ? command_answer(command, r, &err) : status;
}
