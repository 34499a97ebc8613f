// SPDX-License-Identifier: BSD-2-Clause
/* tracepack customs: which customs there are, and whether a file of them is one. */
#include "pack/cmd/command.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/columns.h"
#include "db/base/log.h"
#include "db/base/text.h"
#include "pack/need/customs.h"

struct arguments {
	struct {
		const char **items;
		size_t count, capacity;
	} directories;
	bool check;
};

static int take_directory(void *target, const char *value, struct error *err)
{
	struct arguments *args = target;

	return array_push(&args->directories, value) < 0 ? error_oom(err) : 0;
}

static const struct command_option command_options[] = {
	{0, "customs", "DIR", "also those of this directory; may be repeated", OPTION_WHOLE(take_directory)},
	{0, "check", NULL, "only say whether the FILEs, or all there are, can be read",
	 OPTION_FLAG(struct arguments, check)},
	{'q', "quiet", NULL, "only warnings and errors", OPTION_WHOLE(option_quiet)},
	{0},
};

/* Ours, the operator's and those that were named; or only these files. */
static int read_all(const struct arguments *args, char **files, struct customs *customs,
		    struct error *err)
{
	int r = *files ? 0 : customs_read_installed(customs, err);

	for (size_t i = 0; r == 0 && i < args->directories.count; i++)
		r = customs_read(customs, args->directories.items[i], err);
	for (; r == 0 && *files; files++)
		r = customs_read_file(customs, *files, err);
	return r;
}

static size_t count_of(const struct customs *customs, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < customs->count; i++)
		count += customs->items[i].ecosystem == name;
	return count;
}

static int print_list(const struct customs *customs, struct error *err)
{
	_cleanup_(columns_release) struct columns columns = {.align = "<><"};

	columns_add(&columns, "ecosystem");
	columns_add(&columns, "customs");
	columns_add(&columns, "file");
	columns_end(&columns);
	for (size_t i = 0; i < customs->ecosystems.count; i++) {
		const struct custom_ecosystem *ecosystem = &customs->ecosystems.items[i];

		columns_add(&columns, ecosystem->name);
		columns_count(&columns, count_of(customs, ecosystem->name));
		columns_add(&columns, ecosystem->file);
		columns_end(&columns);
	}
	return columns_print(&columns, err);
}

static void print_count(const struct customs *customs)
{
	printf("%zu custom%s of %zu ecosystem%s\n", customs->count, customs->count == 1 ? "" : "s",
	       customs->ecosystems.count, customs->ecosystems.count == 1 ? "" : "s");
}

static int customs_command(int argc, char **argv)
{
	struct arguments args = {0};
	struct customs customs = {0};
	struct error err = ERROR_INIT;
	int r, code;

	if (!command_parse(&command_customs, argc, argv, &args, &code)) {
		array_release(&args.directories);
		return code;
	}
	r = read_all(&args, argv + optind, &customs, &err);
	if (r == 0 && log_level_now() != LOG_QUIET) {
		if (args.check)
			print_count(&customs);
		else
			r = print_list(&customs, &err);
	}
	if (r < 0)
		log_error("customs: %s", err.message);
	customs_release(&customs);
	array_release(&args.directories);
	return r < 0 ? EXIT_FAILED : EXIT_DONE;
}

const struct command command_customs = {
	.name = "customs",
	.summary = "say which customs there are, and check files of them",
	.operands = "[--check] [--customs DIR]… [FILE]…",
	.about = "What goes with files by custom: of each ecosystem how much, and where it is from;\n"
		 "of FILEs alone, if any are named. Exits 1 when one cannot be understood.",
	.options = command_options,
	.function = customs_command,
};
