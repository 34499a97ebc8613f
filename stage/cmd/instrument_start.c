// SPDX-License-Identifier: BSD-2-Clause
/* sfc instrument --compose, --kubernetes: how others start the traced images. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "stage/cmd/cmd.h"
#include "stage/spec/traced_start.h"
#include "stage/spec/yaml.h"
#include "stage/stages/project.h"

/* The override as the one item of an array, as patches are. */
static int of_compose(const struct asked *asked, json_t **ret_list, struct text *notes, struct error *err)
{
	_cleanup_(json_freep) json_t *project = NULL, *override = NULL;
	int r = project_read(asked->compose, &project, err);

	if (r < 0)
		return r;
	r = traced_compose(project, asked->trace, &override, notes, err);
	if (r < 0)
		return error_prefix(err, r, "'%s'", asked->compose);
	*ret_list = json_pack("[O]", override);
	return *ret_list ? 0 : error_oom(err);
}

static int of_kubernetes(const struct asked *asked, json_t **ret_list, struct text *notes,
			 struct error *err)
{
	_cleanup_(json_freep) json_t *documents = NULL;
	int r = yaml_read_path(asked->kubernetes, &documents, err);

	if (r < 0)
		return r;
	r = traced_kubernetes(documents, asked->trace, ret_list, notes, err);
	return r < 0 ? error_prefix(err, r, "'%s'", asked->kubernetes) : 0;
}

int cmd_write_documents(const json_t *list, const struct asked *asked, struct error *err)
{
	_cleanup_(io_output_release) struct io_output output = IO_OUTPUT_INIT;
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const json_t *document;
	size_t i;
	int r;

	json_array_foreach((json_t *)list, i, document) {
		_cleanup_(freep) char *json = json_document(document);

		if (!json)
			return error_oom(err);
		text_printf(&text, "%s%s", i ? "---\n" : "", json);
	}
	if (text_failed(&text))
		return error_oom(err);
	if (strcmp(asked->output, "-") == 0) {
		r = io_write(STDOUT_FILENO, text.bytes, text.size);
		return r < 0 ? error_code(err, r, "cannot write the output") : 0;
	}
	r = io_output_open(&output, asked->output, 0644, err);
	if (r < 0)
		return r;
	output.only_new = !asked->force;
	r = io_write(output.fd, text.bytes, text.size);
	return r < 0 ? error_code(err, r, "cannot write '%s'", asked->output) : io_publish(&output, err);
}

int cmd_check_documents(const struct asked *asked, struct error *err)
{
	if (asked->force || strcmp(asked->output, "-") == 0 || access(asked->output, F_OK) < 0)
		return 0;
	return error_set(err, -EEXIST, "'%s' exists; use --force to replace it", asked->output);
}

static void show(struct text *notes)
{
	char *rest = NULL;

	for (char *line = strtok_r(notes->bytes, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		log_warning("%s", line);
}

int cmd_instrument_start(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(text_release) struct text notes = TEXT_INIT;
	_cleanup_(json_freep) json_t *list = NULL;
	struct error err = ERROR_INIT;
	int r;

	if (asked->compose && asked->kubernetes)
		return command_misused(command, "--compose or --kubernetes, one at a time");
	if (asked->operand_count)
		return command_misused(command, "the images are those that the file names");
	if (asked->name || asked->image_user)
		return command_misused(command, "--name and --user are for an image");
	if (!asked->output)
		return command_misused(command, "no output given, use -o FILE");
	r = cmd_check_documents(asked, &err);
	if (r < 0)
		return command_failed(command, &err);
	r = asked->compose ? of_compose(asked, &list, &notes, &err)
			   : of_kubernetes(asked, &list, &notes, &err);
	if (notes.size)
		show(&notes);
	if (r == 0)
		r = cmd_write_documents(list, asked, &err);
	return r < 0 ? command_failed(command, &err) : EXIT_DONE;
}
