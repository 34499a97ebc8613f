// SPDX-License-Identifier: BSD-2-Clause
#include "stage/spec/options.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/suggest.h"
#include "db/base/text.h"

enum { ROWS_MAX = 96, HELP = 'h', WORD = 1 };

/* The rows that one command takes, as getopt_long() wants them. */
struct parser {
	const struct options_grammar *grammar;
	const struct option_row *rows[ROWS_MAX];
	size_t count;
	struct option names[ROWS_MAX + 2];
	char letters[3 + 2 * ROWS_MAX + 2];
};

const struct option_row *option_find(const char *name, uint64_t commands)
{
	for (const struct option_row *row = option_rows; row->name || row->help; row++)
		if (row->name && (row->commands & commands) && strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

/* "[=PATH]": it may be left out. */
static bool may_lack_argument(const struct option_row *row)
{
	return row->argument && strncmp(row->argument, "[=", 2) == 0;
}

static int row_value(const struct parser *parser, size_t i)
{
	return parser->rows[i]->letter ? parser->rows[i]->letter : (int)(256 + i);
}

static void prepare(struct parser *parser)
{
	/* '-': words come in their order; ':' tells a value that is missing from an unknown option
	 */
	char *letter = stpcpy(parser->letters, "-:h");
	size_t i;

	for (const struct option_row *row = option_rows; row->name || row->help; row++) {
		if (!row->name || !(row->commands & parser->grammar->commands))
			continue;
		assert(parser->count < ROWS_MAX);
		parser->rows[parser->count++] = row;
	}
	for (i = 0; i < parser->count; i++) {
		const struct option_row *row = parser->rows[i];

		parser->names[i] =
		    (struct option){row->name,
				    may_lack_argument(row) ? optional_argument
				    : row->argument	    ? required_argument
							    : no_argument,
				    NULL, row_value(parser, i)};
		if (!row->letter)
			continue;
		*letter++ = row->letter;
		letter = stpcpy(letter, may_lack_argument(row) ? "::" : row->argument ? ":" : "");
	}
	parser->names[i] = (struct option){"help", no_argument, NULL, HELP};
}

static const struct option_row *find(const struct parser *parser, int value)
{
	for (size_t i = 0; i < parser->count; i++)
		if (row_value(parser, i) == value)
			return parser->rows[i];
	return NULL;
}

static int unknown(const struct parser *parser, const char *word, struct error *err)
{
	_cleanup_(text_release) struct text shown = TEXT_INIT;
	struct suggestion suggestion = SUGGESTION_INIT(word + strspn(word, "-"));

	text_add_escaped(&shown, word);
	for (size_t i = 0; i < parser->count; i++)
		suggestion_offer(&suggestion, parser->rows[i]->name);
	suggestion_offer(&suggestion, "help");
	if (suggestion.best)
		return error_set(err, -EINVAL, "unknown option '%s'; did you mean '--%s'?",
				 shown.bytes, suggestion.best);
	return error_set(err, -EINVAL, "unknown option '%s'", shown.bytes);
}

/* What getopt_long() did not like: optopt is what it was at, 0 for a name it does not know. */
static int refuse(const struct parser *parser, int found, const char *word, struct error *err)
{
	const struct option_row *row = find(parser, optopt);

	if (found == ':' && row)
		return error_set(err, -EINVAL, "--%s wants %s", row->name, row->argument);
	if (row || optopt == HELP)
		return error_set(err, -EINVAL, "--%s takes no value", row ? row->name : "help");
	if (optopt)
		return error_set(err, -EINVAL, "unknown option '-%c'", optopt);
	return unknown(parser, word, err);
}

int option_apply(struct asked *asked, const struct option_row *row, const char *value,
		 struct error *err)
{
	_cleanup_(text_release) struct text shown = TEXT_INIT;
	struct error said = ERROR_INIT;
	int r = row->function(asked, row, value, &said);

	if (r == 0)
		return 0;
	if (*said.message)
		return error_set(err, r, "--%s: %s", row->name, said.message);
	if (r == -ENOMEM)
		return error_oom(err);
	text_add_escaped(&shown, value ? value : "");
	return error_set(err, r, "--%s wants %s, not '%s'", row->name,
			 row->argument ? row->argument : "no value", shown.bytes);
}

/* A word that is no option: an operand, or the first of COMMAND. *ret_more: words may follow. */
static int take_operand(struct asked *asked, const struct options_grammar *grammar, char *word,
			bool *ret_more, struct error *err)
{
	_cleanup_(text_release) struct text shown = TEXT_INIT;

	*ret_more = asked->operand_count < grammar->operands;
	if (*ret_more) {
		asked->operands[asked->operand_count++] = word;
		return 0;
	}
	if (grammar->command == COMMAND_FREE)
		return 0;
	text_add_escaped(&shown, word);
	if (grammar->command == COMMAND_BEHIND)
		return error_set(err, -EINVAL, "'%s' is one word too many; COMMAND follows '--'",
				 shown.bytes);
	if (grammar->operands)
		return error_set(err, -EINVAL, "'%s' is one word too many", shown.bytes);
	return error_set(err, -EINVAL, "takes no argument, not '%s'", shown.bytes);
}

/* What stands behind "--". */
static int take_rest(struct asked *asked, const struct options_grammar *grammar, char **words,
		     struct error *err)
{
	bool more = true;
	int r = 0;

	for (; r == 0 && *words; words++) {
		if (grammar->command == COMMAND_NONE)
			r = take_operand(asked, grammar, *words, &more, err);
		else if (spec_strings_add(&asked->spec.args, *words) < 0)
			r = error_oom(err);
	}
	return r;
}

/* What is held is a TCP port of a network of its own; and a connection is what starts it again. */
static int check_demand(const struct spec *spec, struct error *err)
{
	if (!spec->on_demand)
		return spec->idle_ms || spec->instances_most || spec->per
			       ? error_set(err, -EINVAL, "--idle, --instances and --per are for --on-demand")
			       : 0;
	if (!spec->ports.count)
		return error_set(err, -EINVAL, "--on-demand needs a port to wait at; give it with --publish");
	for (size_t i = 0; i < spec->ports.count; i++)
		if (spec->ports.items[i].udp || spec->ports.items[i].last)
			return error_set(err, -EINVAL, "--on-demand waits at one TCP port for all instances");
	if (spec->restart != RESTART_NO)
		return error_set(err, -EINVAL, "--on-demand and --restart: what has ended is started by the next connection");
	if (spec->per && !spec->instances_most)
		return error_set(err, -EINVAL, "--per says when one more is started; give --instances with it");
	return 0;
}

int options_check(const struct spec *spec, struct error *err)
{
	int r = check_demand(spec, err);

	if (r < 0)
		return r;
	if (spec->ports.count && spec->network == NETWORK_HOST)
		return error_set(err, -EINVAL,
				 "--publish wants a network of its own: on the host's the program "
				 "takes the port it wants");
	if (spec->ports.count && spec->network != NETWORK_UNSET && spec->network != NETWORK_PRIVATE)
		return error_set(err, -EINVAL, "--publish is for a private network, and --network is another");
	if (spec->memory && spec->memory_reservation > spec->memory)
		return error_set(err, -EINVAL, "--memory-reservation is more than --memory");
	return 0;
}

/* 0: all is read and *ret_rest is where COMMAND begins; or asked->help. */
static int read_words(struct parser *parser, struct asked *asked, int argc, char **argv,
		      char ***ret_rest, struct error *err)
{
	const char *value = NULL;
	bool more = true, dashes;
	int found, r;

	optind = 0; /* all anew */
	opterr = 0;
	while (more &&
	       (found = getopt_long(argc, argv, parser->letters, parser->names, NULL)) != -1) {
		value = optarg;
		if (found == HELP) {
			asked->help = true;
			return 0;
		}
		if (found == WORD)
			r = take_operand(asked, parser->grammar, optarg, &more, err);
		else if (found == '?' || found == ':')
			r = refuse(parser, found, argv[optind - 1], err);
		else
			r = option_apply(asked, find(parser, found), optarg, err);
		if (r < 0)
			return r;
	}
	*ret_rest = argv + optind - !more;
	/* the last word may be the value "--" of an option */
	dashes =
	    more && optind > 1 && argv[optind - 1] != value && strcmp(argv[optind - 1], "--") == 0;
	if (dashes && parser->grammar->command != COMMAND_NONE && optind == argc)
		return error_set(err, -EINVAL, "no command after '--'");
	return 0;
}

int options_parse(struct asked *asked, const struct options_grammar *grammar, int argc, char **argv,
		  struct error *err)
{
	struct parser parser = {.grammar = grammar};
	char **rest = NULL;
	int r;

	asked->operands = calloc((size_t)argc + 1, sizeof(*asked->operands));
	if (!asked->operands)
		return error_oom(err);
	prepare(&parser);
	r = read_words(&parser, asked, argc, argv, &rest, err);
	if (r == 0 && !asked->help)
		r = take_rest(asked, grammar, rest, err);
	if (r == 0 && !asked->help)
		r = options_check(&asked->spec, err);
	for (size_t i = 0; r == 0 && i < asked->spec.ports.count; i++)
		if (asked->spec.ports.items[i].last && grammar->commands != OF(PROD_START))
			r = error_set(err, -EINVAL, "--publish: a range of ports is for several instances, "
						    "which only 'sfc prod start' has");
	return r;
}

void asked_release(struct asked *asked)
{
	spec_release(&asked->spec);
	spec_strings_release(&asked->with_misses);
	spec_strings_release(&asked->traces);
	spec_strings_release(&asked->hosts);
	spec_strings_release(&asked->changes);
	spec_strings_release(&asked->packer);
	image_access_release(&asked->access);
	free(asked->operands);
	*asked = (struct asked)ASKED_INIT;
}
