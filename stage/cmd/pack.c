// SPDX-License-Identifier: BSD-2-Clause
/* sfc pack: what the test stage saw NAME use, as a package. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "stage/cmd/access.h"
#include "stage/cmd/cmd.h"
#include "stage/stages/pack.h"

/* What tracepack said, as ours. */
static void say(struct text *said)
{
	char *rest = NULL;

	for (char *line = strtok_r(said->bytes, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (strncmp(line, "tracepack: build: ", 18) == 0)
			fprintf(stderr, "sfc: pack: %s\n", line + 18);
		else if (strncmp(line, "tracepack: ", 11) == 0)
			fprintf(stderr, "sfc: pack: %s\n", line + 11);
		else
			fprintf(stderr, "%s\n", line);
	}
}

int cmd_pack(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(text_release) struct text said = TEXT_INIT;
	_cleanup_(reference_release) struct reference image = {0};
	_cleanup_(state_closep) struct state *state = NULL;
	struct carrier_options access;
	struct error err = ERROR_INIT;
	bool verity = false;
	struct pack_request request = {
		.output = asked->output,
		.access = &access,
		.changes = &asked->changes,
		.misses = &asked->with_misses,
		.packer = &asked->packer,
		.args = &asked->spec.args,
		.force = asked->force,
		.dry_run = asked->dry_run,
		.json = asked->json,
		.quiet = asked->quiet,
	};
	int r;

	if (asked->operand_count != 1)
		return command_misused(command, "no name given");
	if (!asked->output)
		return command_misused(command, "no output given, use -o FILE");
	request.name = asked->operands[0];
	request.app = asked->name ? asked->name : request.name;
	r = cmd_check_output(asked, &image, &err);
	if (image.transport != REFERENCE_FILE)
		request.image = &image;
	for (size_t i = 0; i < asked->packer.count; i++)
		verity |= strcmp(asked->packer.items[i], "--verity") == 0;
	if (r == 0 && verity && request.image)
		r = error_set(&err, -EINVAL, "--verity goes with a package: -o FILE");
	if (r == 0)
		r = access_read(asked, NULL, asked->output, &access, &err);
	if (r == 0)
		r = cmd_state_open(&state, &err);
	if (r == 0)
		r = pack_run(state, &request, &said, &err);
	say(&said);
	return r < 0 ? command_answer(command, r, &err) : r;
}
