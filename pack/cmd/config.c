// SPDX-License-Identifier: BSD-2-Clause
/* tracepack config: how a package starts, checked, from known fields. */
#include "pack/cmd/command.h"

#include <errno.h>
#include <fcntl.h>

#include <jansson.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/log.h"
#include "db/base/text.h"
#include "pack/package/bundle.h"
#include "db/base/json.h"

struct reading {
	bool quiet;
	struct start_config config;
	struct description description;
};

static void reading_release(struct reading *reading)
{
	start_config_release(&reading->config);
	description_release(&reading->description);
}

static int read_package(struct reading *reading, const char *path, struct error *err)
{
	_cleanup_(bundle_closep) struct bundle *bundle = NULL;
	int r = bundle_open_to_start(path, &bundle, err);

	if (r == 0)
		r = bundle_start(bundle, &reading->config, err);
	return r < 0 ? r : bundle_description(bundle, &reading->description, err);
}

static int read_file(struct reading *reading, const char *path, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = io_read_file(AT_FDCWD, path, START_CONFIG_MAX, &text, err);

	if (r < 0)
		return r;
	r = start_config_parse(text.bytes, text.size, &reading->config, err);
	return r < 0 ? error_prefix(err, r, "'%s'", path) : 0;
}

static json_t *text_json(const char *text)
{
	return text ? json_string(text) : json_null();
}

static int print(const struct reading *reading, struct error *err)
{
	const struct start_strings *asks = &reading->config.asks;
	json_auto_t *list = json_array();

	for (size_t i = 0; i < asks->count; i++)
		json_array_append_new(list, json_string(asks->items[i]));
	return json_print(json_pack("{s:o, s:o, s:o, s:o, s:O}", "name",
				    text_json(reading->description.name), "version",
				    text_json(reading->description.version), "uuid",
				    text_json(reading->description.uuid), "config",
				    start_config_json(&reading->config), "asks", list),
			  err);
}

static const struct command_option command_options[] = {
	{'q', "quiet", NULL, "only the exit status, and what is wrong", OPTION_FLAG(struct reading, quiet)},
	{0},
};

static int config_command(int argc, char **argv)
{
	_cleanup_(reading_release) struct reading reading = {0};
	struct error err = ERROR_INIT;
	int r, code;

	if (!command_parse(&command_config, argc, argv, &reading, &code))
		return code;
	if (argc - optind != 1)
		return command_misused(&command_config, "one package is needed");
	if (bundle_is_likely(argv[optind]))
		r = read_package(&reading, argv[optind], &err);
	else
		r = read_file(&reading, argv[optind], &err);
	if (r == 0 && !reading.quiet)
		r = print(&reading, &err);
	if (r < 0)
		log_error("%s", err.message);
	return r < 0 ? EXIT_FAILED : EXIT_DONE;
}

const struct command command_config = {
	.name = "config",
	.summary = "print how a package starts, checked",
	.operands = "PACKAGE|config.json",
	.about = "Print, as JSON, the name of PACKAGE and the config.json it is started with: every member\n"
		 "checked, written anew from those that are known. \"asks\" says what it asked for and\n"
		 "does not get. Exits 1 when anything in it is not as it has to be.",
	.options = command_options,
	.function = config_command,
};
