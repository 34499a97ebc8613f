// SPDX-License-Identifier: BSD-2-Clause
/* sfc slim IMAGE --traces DIR: an image made slim by what sfc instrument's one saw where it ran. */
#include <errno.h>
#include <stdio.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "stage/cancel.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/script.h"
#include "stage/stages/traces.h"

static void say(const struct traces_result *result, const char *output)
{
	printf("%s: %s of %zu session%s in %zu trace%s, %.1f MB; the image's layers have %.1f MB.\n", output,
	       result->name, result->sessions, result->sessions == 1 ? "" : "s", result->files,
	       result->files == 1 ? "" : "s", (double)result->size / 1e6, (double)result->was / 1e6);
}

int cmd_slim_traces(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(traces_result_release) struct traces_result result = {0};
	_cleanup_(text_release) struct text said = TEXT_INIT;
	struct error err = ERROR_INIT;
	struct traces_request request = {
		.output = asked->output,
		.name = asked->name,
		.traces = &asked->traces,
		.packer = &asked->packer,
		.keep_manifest = asked->keep_manifest,
		.other_image = asked->other_image,
		.force = asked->force,
	};
	int r;

	/* asked for as sfc slim, whose script hands it on */
	command = command_find(NULL, "slim");
	log_init("sfc: slim", asked->quiet ? LOG_QUIET : LOG_NORMAL);
	if (asked->operand_count != 1)
		return command_misused(command, "no image given");
	if (!asked->output)
		return command_misused(command, "no output given, use -o IMAGE");
	if (asked->root || asked->spec.args.count)
		return command_misused(command, "with --traces nothing is run: no command and no --root");
	request.image = asked->operands[0];
	r = image_access_read(&asked->access, &err);
	request.access = image_access_carrier(&asked->access, cancel_begin());
	if (r == 0)
		r = script_set_path(&err);
	if (r == 0)
		r = traces_slim(&request, &result, &said, &err);
	if (said.size)
		fputs(said.bytes, stderr);
	if (r < 0)
		return command_failed(command, &err);
	if (asked->quiet)
		puts(result.name);
	else
		say(&result, asked->output);
	return EXIT_DONE;
}
