// SPDX-License-Identifier: BSD-2-Clause
/* sfc dev export and import: a name from one state to another. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "stage/cancel.h"
#include "stage/cmd/cmd.h"
#include "stage/stages/dev_move.h"
#include "stage/state/state.h"

/* ---- export ---- */

static int export_to_file(struct state *state, const char *name, const char *path, bool force,
			  struct dev_moved *moved, struct error *err)
{
	_cleanup_(io_output_release) struct io_output output = IO_OUTPUT_INIT;
	int r;

	if (!force && access(path, F_OK) == 0)
		return error_set(err, -EEXIST, "'%s' exists; use --force to replace it", path);
	r = io_output_open(&output, path, 0600, err);
	if (r < 0)
		return r;
	output.only_new = !force;
	r = dev_export(state, name, output.fd, moved, err);
	return r < 0 ? r : io_publish(&output, err);
}

int cmd_dev_export(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(dev_moved_release) struct dev_moved moved = {.base_name = NULL};
	_cleanup_(state_closep) struct state *state = NULL;
	_cleanup_(freep) char *own = NULL;
	struct error err = ERROR_INIT;
	const char *name, *path = asked->output;
	int r;

	if (asked->operand_count != 1)
		return command_misused(command, "which name? 'sfc dev list' shows them");
	name = asked->operands[0];
	if (!path && asprintf(&own, "%s.layer", name) < 0)
		return command_failed(command, (error_oom(&err), &err));
	path = path ? path : own;
	if (strcmp(path, "-") == 0 && isatty(STDOUT_FILENO))
		return command_misused(command, "an archive is nothing for a terminal");
	r = cmd_state_open(&state, &err);
	if (r == 0)
		r = strcmp(path, "-") == 0 ? dev_export(state, name, STDOUT_FILENO, &moved, &err)
					   : export_to_file(state, name, path, asked->force, &moved, &err);
	if (r < 0 || strcmp(path, "-") == 0)
		return command_answer(command, r, &err);
	if (asked->json)
		return command_answer(command,
				      json_print(json_pack("{s:s, s:o, s:s, s:s, s:I}", "name", name, "file",
							   json_path(path), "base", moved.base_name, "base-digest",
							   moved.base, "layer-bytes", (json_int_t)moved.size),
						 &err),
				      &err);
	if (asked->quiet)
		printf("%s\n", path);
	else
		printf("%s: the layer of %s, %llu bytes, over the base %s (%s)\n", path, name,
		       (unsigned long long)moved.size, moved.base_name, moved.base);
	return EXIT_DONE;
}

/* ---- import ---- */

int cmd_dev_import(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(dev_moved_release) struct dev_moved moved = {.base_name = NULL};
	_cleanup_(state_closep) struct state *state = NULL;
	struct error err = ERROR_INIT;
	int r;

	if (asked->operand_count != 2)
		return command_misused(command, "a name for it, and the file that 'sfc dev export' wrote");
	r = cmd_state_open(&state, &err);
	if (r == 0)
		r = dev_import(state, asked->operands[0], asked->operands[1], asked->max_size, cancel_begin(),
			       &moved, &err);
	if (r < 0)
		return command_answer(command, r, &err);
	if (asked->json)
		return command_answer(command,
				      json_print(json_pack("{s:s, s:s, s:s}", "name", asked->operands[0], "base",
							   moved.base_name, "base-digest", moved.base),
						 &err),
				      &err);
	if (asked->quiet)
		printf("%s\n", asked->operands[0]);
	else
		printf("%s from %s (base %s)\n", asked->operands[0], asked->operands[1], moved.base_name);
	return EXIT_DONE;
}
