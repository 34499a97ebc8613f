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
#include "db/base/program.h"
#include "stage/cmd/cmd.h"
#include "stage/spec/traced_start.h"
#include "stage/spec/yaml.h"

/* What docker compose makes of the file, by whatever it is called here: 1 when there is none. */
static int ask_compose(const char *file, struct text *output, struct error *err)
{
	const char *const plugin[] = {"docker", "compose", "version", NULL};
	const char *const of_plugin[] = {"docker", "compose", "-f", file, "config", NULL};
	const char *const alone[] = {"docker-compose", "version", NULL};
	const char *const of_alone[] = {"docker-compose", "-f", file, "config", NULL};
	const char *const *words = NULL;
	_cleanup_(text_release) struct text said = TEXT_INIT, ignored = TEXT_INIT;
	struct error none = ERROR_INIT;
	int r;

	if (program_run(plugin, &ignored, &said, &none) == 0)
		words = of_plugin;
	else if (program_run(alone, &ignored, &said, &none) == 0)
		words = of_alone;
	else
		return 1;
	text_release(&said);
	r = program_run(words, output, &said, err);
	if (r > 0)
		return error_set(err, -EINVAL, "'%s': %s: %s", file, words[0],
				 said.size ? program_line(&said, "") : "it cannot be read");
	return r;
}

static int read_project(const char *file, json_t **ret_documents, struct error *err)
{
	_cleanup_(text_release) struct text output = TEXT_INIT;
	int r;

	if (access(file, R_OK) < 0)
		return error_errno(err, "cannot read '%s'", file);
	r = ask_compose(file, &output, err);
	if (r < 0)
		return r;
	if (r > 0)
		return yaml_read_path(file, ret_documents, err);
	r = yaml_read(output.bytes ? output.bytes : "", output.size, ret_documents, err);
	return r < 0 ? error_prefix(err, r, "what docker compose says of '%s'", file) : 0;
}

/* The override as the one item of an array, as patches are. */
static int of_compose(const struct asked *asked, json_t **ret_list, struct text *notes, struct error *err)
{
	_cleanup_(json_freep) json_t *documents = NULL, *override = NULL;
	int r = read_project(asked->compose, &documents, err);

	if (r < 0)
		return r;
	if (json_array_size(documents) != 1)
		return error_set(err, -EBADMSG, "'%s' holds %zu documents, not one", asked->compose,
				 json_array_size(documents));
	r = traced_compose(json_array_get(documents, 0), asked->trace, &override, notes, err);
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

static int write_documents(const json_t *list, const struct asked *asked, struct error *err)
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
	if (strcmp(asked->output, "-") == 0)
		return io_write(STDOUT_FILENO, text.bytes, text.size);
	r = io_output_open(&output, asked->output, 0644, err);
	if (r < 0)
		return r;
	output.only_new = !asked->force;
	r = io_write(output.fd, text.bytes, text.size);
	return r < 0 ? error_code(err, r, "cannot write '%s'", asked->output) : io_publish(&output, err);
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
	if (!asked->output)
		return command_misused(command, "no output given, use -o FILE");
	if (!asked->force && strcmp(asked->output, "-") != 0 && access(asked->output, F_OK) == 0) {
		error_set(&err, -EEXIST, "'%s' exists; use --force to replace it", asked->output);
		return command_failed(command, &err);
	}
	r = asked->compose ? of_compose(asked, &list, &notes, &err)
			   : of_kubernetes(asked, &list, &notes, &err);
	if (notes.size)
		show(&notes);
	if (r == 0)
		r = write_documents(list, asked, &err);
	return r < 0 ? command_failed(command, &err) : EXIT_DONE;
}
