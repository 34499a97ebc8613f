// SPDX-License-Identifier: BSD-2-Clause
/* sfc slim IMAGE|--compose FILE --traces DIR: images made slim by what sfc instrument's saw where they ran. */
#include <errno.h>
#include <stdio.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "stage/cancel.h"
#include "stage/cmd/access.h"
#include "stage/cmd/cmd.h"
#include "stage/spec/spec_json.h"
#include "stage/stages/compare.h"
#include "stage/stages/project.h"

struct slimming {
	const struct sfc_command *command;
	struct asked *asked;
	int status; /* of what was run to compare */
};

static void say(const char *output, const struct traces_result *result)
{
	printf("%s: %s of %zu session%s in %zu trace%s, %.1f MB; the image's layers have %.1f MB.\n", output,
	       result->name, result->sessions, result->sessions == 1 ? "" : "s", result->files,
	       result->files == 1 ? "" : "s", (double)result->size / 1e6, (double)result->was / 1e6);
}

static int say_json(const char *output, const struct traces_result *result, struct error *err)
{
	json_t *facts = json_pack("{s:o, s:s, s:I, s:I, s:I, s:I}", "output", json_path(output), "name", result->name,
				  "traces", (json_int_t)result->files, "sessions", (json_int_t)result->sessions,
				  "bytes", (json_int_t)result->size, "was_bytes", (json_int_t)result->was);

	return facts ? json_print(facts, err) : error_oom(err);
}

/* Of a project, as each is done. */
static void made(const char *image, const struct traces_result *result)
{
	say(image, result);
	fflush(stdout);
}

static void made_quietly(const char *image, const struct traces_result *result)
{
	(void)image;
	(void)result;
}

/* The package and the image's root, each run; above 0: they are not alike, and that was said. */
static int verify(void *data, const char *package, const char *root, struct error *err)
{
	struct slimming *slimming = data;
	int r = cmd_verify_there(slimming->command, slimming->asked, package, root, &slimming->status, err);

	return r < 0 ? r : slimming->status != EXIT_DONE;
}

static int slim_image(struct slimming *slimming, struct traces_request *request, struct text *said,
		      struct error *err)
{
	_cleanup_(traces_result_release) struct traces_result result = {0};
	const struct asked *asked = slimming->asked;
	int r;

	request->image = asked->operands[0];
	request->output = asked->output;
	request->name = asked->name;
	r = traces_slim(request, &result, said, err);
	if (r == 0 && asked->json)
		return say_json(asked->output, &result, err);
	if (r == 0 && asked->quiet)
		puts(result.name);
	else if (r == 0)
		say(asked->output, &result);
	return r;
}

static int slim_project(struct slimming *slimming, const struct traces_request *request, struct text *said,
			struct error *err)
{
	const struct asked *asked = slimming->asked;
	_cleanup_(json_freep) json_t *project = NULL, *override = NULL, *list = NULL;
	int r = cmd_check_documents(asked, err);

	if (r == 0)
		r = project_read(asked->compose, &project, err);
	if (r < 0)
		return r;
	r = project_slim(project, request, asked->quiet ? made_quietly : made, &override, said, err);
	if (r != 0)
		return r < 0 ? error_prefix(err, r, "'%s'", asked->compose) : r;
	list = json_pack("[O]", override);
	return list ? cmd_write_documents(list, asked, err) : error_oom(err);
}

/* Something is asked of a start. */
static bool asks_of_start(const struct asked *asked)
{
	struct spec none = SPEC_INIT, given = asked->spec; /* borrowed */
	_cleanup_(json_freep) json_t *empty = spec_to_json(&none), *said = NULL;

	given.no_healthcheck = false;
	said = spec_to_json(&given);
	return said && empty && !json_equal(said, empty);
}

static const char *misuse_of(const struct asked *asked)
{
	if (asked->compose && asked->operand_count)
		return "the images are those that the file names";
	if (!asked->compose && asked->operand_count != 1)
		return "no image given";
	if (!asked->output)
		return asked->compose ? "no output given, use -o FILE" : "no output given, use -o IMAGE";
	if (asked->root || asked->spec.args.count)
		return "with --traces the image says what is run: no command and no --root";
	if (asked->dry_run || asked->keep_package || asked->label || asked->trace || asked->scratch)
		return "--dry-run, --keep-package, --label, --trace and --scratch are for what is traced here, not for --traces";
	if (!asked->compare && asks_of_start(asked))
		return "with --traces nothing is started, but for --compare";
	if (asked->compose && (asked->name || asked->other_image || asked->keep_manifest || asked->compare || asked->json))
		return "--name, --other-image, --keep-manifest, --compare and --json are for one image";
	return NULL;
}

int cmd_slim_traces(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(text_release) struct text said = TEXT_INIT;
	struct slimming slimming = {.command = command, .asked = asked};
	struct error err = ERROR_INIT;
	enum compare compare = COMPARE_NONE;
	const char *misuse = misuse_of(asked);
	struct traces_request request = {
		.traces = &asked->traces,
		.packer = &asked->packer,
		.changes = &asked->changes,
		.keep_manifest = asked->keep_manifest,
		.other_image = asked->other_image,
		.force = asked->force,
		.data = &slimming,
	};
	int r;

	if (!misuse && asked->compare && compare_of(asked->compare, &compare) < 0)
		return command_misused(command, "--compare is output, status or none, not '%s'", asked->compare);
	if (misuse)
		return command_misused(command, "%s", misuse);
	if (compare != COMPARE_NONE)
		request.verify = verify;
	if (asked->spec.no_healthcheck && spec_strings_add(&asked->changes, "HEALTHCHECK NONE") < 0)
		return command_failed(command, (error_oom(&err), &err));
	r = access_read(asked, asked->operand_count ? asked->operands[0] : NULL, asked->output, &request.access, &err);
	request.access.cancel = cancel_begin();
	if (r == 0 && asked->compose)
		r = slim_project(&slimming, &request, &said, &err);
	else if (r == 0)
		r = slim_image(&slimming, &request, &said, &err);
	cmd_say_warnings(&said);
	if (r > 0 && slimming.status)
		return slimming.status;
	if (r > 0)
		log_error("%s", err.message);
	return r < 0 ? command_failed(command, &err) : r > 0 ? EXIT_GATE : EXIT_DONE;
}
