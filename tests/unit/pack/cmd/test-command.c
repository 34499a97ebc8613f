// SPDX-License-Identifier: BSD-2-Clause
/* Command lines from the table of a command: values, help, and wrong usage. */
#include "pack/cmd/command.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tests/test.h"

struct shared {
	const char *source;
	int count;
};

struct arguments {
	bool all;
	const char *output, *how;
	struct shared shared;
};

static int take_count(void *target, const char *value, struct error *err)
{
	(void)value;
	(void)err;
	++*(int *)target;
	return 0;
}

static int take_how(void *target, const char *value, struct error *err)
{
	if (value && strcmp(value, "lost") == 0)
		return error_set(err, -ENOENT, "it is lost");
	if (value && strcmp(value, "odd") == 0)
		return -EINVAL;
	return option_string(target, value ? value : "so", err);
}

static const struct command_option shared_options[] = {
	{'s', "source", "DIR", "where from", OPTION_STRING(struct shared, source)},
	{0, "count", NULL, "once more", OPTION_CALL(take_count, struct shared, count)},
	{0},
};

static const struct command_option options[] = {
	{'o', "output", "FILE", "where to", OPTION_STRING(struct arguments, output)},
	{OPTION_TABLE(shared_options, struct arguments, shared)},
	{'a', "all", NULL, NULL, OPTION_FLAG(struct arguments, all)},
	{0, "how", "[=WAY]", "one line\nand another", OPTION_CALL(take_how, struct arguments, how)},
	{0},
};

static struct command command = {
	.name = "try", .operands = "WHAT", .about = "Tries.", .options = options};
static struct arguments args;
static int code;

static bool parse(const char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	args = (struct arguments){0};
	code = -1;
	return command_parse(&command, argc, (char **)argv, &args, &code);
}

#define PARSE(...) parse((const char *[]){"try", __VA_ARGS__, NULL})

static void values_go_where_the_table_says(void)
{
	CHECK(PARSE("-o", "out", "in", "--all", "--source=dir"));
	CHECK_STRING(args.output, "out");
	CHECK_STRING(args.shared.source, "dir");
	CHECK(args.all);
	CHECK(!args.how && args.shared.count == 0);
	CHECK(PARSE("-aoout", "-s", "dir", "--count", "--count"));
	CHECK_STRING(args.output, "out");
	CHECK_STRING(args.shared.source, "dir");
	CHECK_INT(args.shared.count, 2);
	CHECK(args.all);
}

static void operands_begin_behind_the_options(void)
{
	const char *argv[] = {"try", "one", "-a", "two", "--", "--all", NULL};

	CHECK(parse(argv));
	CHECK_INT(optind, 3);
	CHECK_STRING(argv[optind], "one");
	CHECK_STRING(argv[optind + 2], "--all");
}

static void a_command_may_want_its_options_first(void)
{
	const char *argv[] = {"try", "-a", "one", "-o", NULL};

	command.options_first = true;
	CHECK(parse(argv));
	CHECK_INT(optind, 2);
	CHECK(args.all && !args.output);
	command.options_first = false;
}

static void an_optional_value_may_be_left_out(void)
{
	CHECK(PARSE("--how", "in"));
	CHECK_STRING(args.how, "so");
	CHECK(PARSE("--how=thus"));
	CHECK_STRING(args.how, "thus");
}

static void the_start_of_a_name_is_enough_when_it_is_of_one(void)
{
	CHECK(PARSE("--out=x"));
	CHECK_STRING(args.output, "x");
}

static void wrong_usage_and_failure_are_told_apart(void)
{
	CHECK(!PARSE("--how=odd"));
	CHECK_INT(code, EXIT_USAGE);
	CHECK(!PARSE("--how=lost"));
	CHECK_INT(code, EXIT_FAILED);
	CHECK(!PARSE("--nonsense"));
	CHECK_INT(code, EXIT_USAGE);
	CHECK(!PARSE("-x"));
	CHECK_INT(code, EXIT_USAGE);
	CHECK(!PARSE("in", "-o"));
	CHECK_INT(code, EXIT_USAGE);
	CHECK(!PARSE("in", "--source"));
	CHECK_INT(code, EXIT_USAGE);
	CHECK(!PARSE("--all=yes"));
	CHECK_INT(code, EXIT_USAGE);
	CHECK(!PARSE("--help=me"));
	CHECK_INT(code, EXIT_USAGE);
}

/* What `--help` prints; freed by the caller. */
static char *help(void)
{
	char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size), *before = stdout;

	stdout = memory;
	CHECK(!PARSE("-h"));
	stdout = before;
	fclose(memory);
	CHECK_INT(code, EXIT_DONE);
	return text;
}

static void help_is_the_table(void)
{
	char *text = help();

	CHECK_STRING(text, "Usage: tracepack try WHAT\n"
			   "Tries.\n\n"
			   "  -o, --output FILE       where to\n"
			   "  -s, --source DIR        where from\n"
			   "      --count             once more\n"
			   "  -a, --all, --how[=WAY]  one line\n"
			   "                          and another\n"
			   "  -h, --help\n");
	free(text);
}

static void a_long_name_has_a_line_of_its_own(void)
{
	static const struct command_option long_options[] = {
		{0, "allow-interrupted", NULL, "fits", OPTION_FLAG(struct arguments, all)},
		{0, "allow-interruption", NULL, "does not", OPTION_FLAG(struct arguments, all)},
		{0},
	};
	char *text;

	command.options = long_options;
	text = help();
	CHECK_STRING(strstr(text, "\n\n"), "\n\n"
					   "      --allow-interrupted fits\n"
					   "      --allow-interruption\n"
					   "                          does not\n"
					   "  -h, --help\n");
	free(text);
	command.options = options;
}

int main(void)
{
	RUN(values_go_where_the_table_says);
	RUN(operands_begin_behind_the_options);
	RUN(a_command_may_want_its_options_first);
	RUN(an_optional_value_may_be_left_out);
	RUN(the_start_of_a_name_is_enough_when_it_is_of_one);
	RUN(wrong_usage_and_failure_are_told_apart);
	RUN(help_is_the_table);
	RUN(a_long_name_has_a_line_of_its_own);
	return test_end();
}
