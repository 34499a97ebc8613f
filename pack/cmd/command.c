// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/command.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/base/suggest.h"
#include "db/base/text.h"

enum { OPTIONS_MAX = 64, HELP_COLUMN = 26, HELP = 'h' };

/* ---- signals ---- */

volatile int command_cancelled;

static void on_signal(int number)
{
	command_cancelled = number;
}

void command_catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	/* a reader that goes away is a write error, not a silent death */
	signal(SIGPIPE, SIG_IGN);
}

/* ---- what options do ---- */

int option_flag(void *target, const char *value, struct error *err)
{
	(void)value;
	(void)err;
	*(bool *)target = true;
	return 0;
}

int option_string(void *target, const char *value, struct error *err)
{
	(void)err;
	*(const char **)target = value;
	return 0;
}

int option_quiet(void *target, const char *value, struct error *err)
{
	(void)target;
	(void)value;
	(void)err;
	log_init("tracepack", LOG_QUIET);
	return 0;
}

/* ---- help ---- */

static bool may_lack_argument(const struct command_option *option)
{
	return option->argument && strncmp(option->argument, "[=", 2) == 0;
}

/* One line, or several; options without a text of their own share the line of the next one. */
static void add_options(struct text *text, const struct command_option *options)
{
	size_t start = text->size;

	for (const struct command_option *option = options; option->name || option->table; option++) {
		if (option->table) {
			add_options(text, option->table);
			start = text->size;
			continue;
		}
		if (text->size > start)
			text_add(text, ", ");
		else if (option->letter)
			text_printf(text, "  -%c, ", option->letter);
		else
			text_add(text, "      ");
		text_printf(text, "--%s%s%s", option->name,
			    option->argument && !may_lack_argument(option) ? " " : "",
			    option->argument ? option->argument : "");
		if (!option->help)
			continue;
		if (text->size - start >= HELP_COLUMN) {
			text_add(text, "\n");
			start = text->size;
		}
		for (const char *line = option->help; line; line = strchr(line, '\n')) {
			line += *line == '\n';
			text_printf(text, "%*s%.*s\n", (int)(HELP_COLUMN - (text->size - start)), "",
				    (int)strcspn(line, "\n"), line);
			start = text->size;
		}
	}
}

static int help(const struct command *command)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;

	add_options(&text, command->options);
	printf("Usage: tracepack %s %s\n%s\n\n%s  -h, --help\n", command->name, command->operands,
	       command->about, text_failed(&text) ? "" : text.bytes);
	return EXIT_DONE;
}

int command_misused(const struct command *command, const char *format, ...)
{
	char message[512];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (*message && message[strlen(message) - 1] == '?')
		log_error("%s: %s", command->name, message);
	else
		log_error("%s: %s; see 'tracepack %s --help'", command->name, message, command->name);
	return EXIT_USAGE;
}

/* ---- the command line ---- */

/* The tables of a command as getopt_long() wants them. */
struct parser {
	const struct command *command;
	struct {
		const struct command_option *option;
		size_t offset;
	} rows[OPTIONS_MAX];
	size_t count;
	struct option names[OPTIONS_MAX + 2];
	char letters[2 + 3 * OPTIONS_MAX + 2];
};

/* What getopt_long() calls row i: its letter, or else a number beyond all letters. */
static int row_value(const struct parser *parser, size_t i)
{
	const struct command_option *option = parser->rows[i].option;

	return option->letter ? option->letter : (int)(256 + i);
}

static void collect(struct parser *parser, const struct command_option *options, size_t offset)
{
	for (const struct command_option *option = options; option->name || option->table; option++) {
		if (option->table) {
			collect(parser, option->table, offset + option->offset);
			continue;
		}
		assert(parser->count < OPTIONS_MAX);
		parser->rows[parser->count].option = option;
		parser->rows[parser->count++].offset = offset + option->offset;
	}
}

static void prepare(struct parser *parser)
{
	static const char *const colons[] = {
		[no_argument] = "", [required_argument] = ":", [optional_argument] = "::"};
	/* the first ':' tells a value that is missing from an option that is unknown */
	char *letter = stpcpy(parser->letters, parser->command->options_first ? "+:h" : ":h");
	size_t i;

	collect(parser, parser->command->options, 0);
	for (i = 0; i < parser->count; i++) {
		const struct command_option *option = parser->rows[i].option;
		int has_argument = !option->argument		? no_argument
				   : may_lack_argument(option) ? optional_argument
							       : required_argument;

		parser->names[i] =
			(struct option){option->name, has_argument, NULL, row_value(parser, i)};
		if (!option->letter)
			continue;
		*letter++ = option->letter;
		letter = stpcpy(letter, colons[has_argument]);
	}
	parser->names[i] = (struct option){"help", no_argument, NULL, HELP};
}

static const struct command_option *find(const struct parser *parser, int value, size_t *ret_offset)
{
	for (size_t i = 0; i < parser->count; i++)
		if (row_value(parser, i) == value) {
			*ret_offset = parser->rows[i].offset;
			return parser->rows[i].option;
		}
	return NULL;
}

static int unknown(const struct parser *parser, const char *word)
{
	struct suggestion suggestion = SUGGESTION_INIT(word + strspn(word, "-"));

	for (size_t i = 0; i < parser->count; i++)
		suggestion_offer(&suggestion, parser->rows[i].option->name);
	if (suggestion.best)
		return command_misused(parser->command, "unknown option '%s'; did you mean '--%s'?", word,
				       suggestion.best);
	return command_misused(parser->command, "unknown option '%s'", word);
}

/* What getopt_long() did not like: optopt is what it was at, 0 for a name it does not know. */
static int refuse(const struct parser *parser, int found, const char *word)
{
	size_t offset;
	const struct command_option *option = find(parser, optopt, &offset);

	if (found == ':' && option)
		return command_misused(parser->command, "--%s needs a value: %s", option->name,
				       option->argument);
	if (option || optopt == HELP)
		return command_misused(parser->command, "--%s takes no value",
				       option ? option->name : "help");
	if (optopt)
		return command_misused(parser->command, "unknown option '-%c'", optopt);
	return unknown(parser, word);
}

static int apply(const struct parser *parser, int found, void *arguments)
{
	struct error err = ERROR_INIT;
	size_t offset;
	const struct command_option *option = find(parser, found, &offset);
	int r = option->function((char *)arguments + offset, optarg, &err);

	if (r == -EINVAL && *err.message)
		return command_misused(parser->command, "%s", err.message);
	if (r == -EINVAL)
		return command_misused(parser->command, "--%s does not take '%s'",
				       option->name, optarg);
	if (r < 0)
		log_error("%s", err.message);
	return r < 0 ? EXIT_FAILED : EXIT_DONE;
}

bool command_parse(const struct command *command, int argc, char **argv, void *arguments,
		   int *ret_code)
{
	struct parser parser = {.command = command};
	int found, code = EXIT_DONE;

	prepare(&parser);
	optind = 0; /* all anew */
	opterr = 0;
	while ((found = getopt_long(argc, argv, parser.letters, parser.names, NULL)) != -1) {
		if (found == HELP) {
			*ret_code = help(command);
			return false;
		}
		code = found == '?' || found == ':' ? refuse(&parser, found, argv[optind - 1])
						    : apply(&parser, found, arguments);
		if (code != EXIT_DONE) {
			*ret_code = code;
			return false;
		}
	}
	return true;
}
