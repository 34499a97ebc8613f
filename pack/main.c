// SPDX-License-Identifier: BSD-2-Clause
/* tracepack: from a manifest to an image; a table of subcommands. */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "db/base/log.h"
#include "db/base/suggest.h"
#include "pack/cmd/command.h"
#include "pack/cmd/complete.h"

/* In the order in which the help shows them. */
static const struct command *const commands[] = {
	&command_build,
	&command_config,
	&command_customs,
	&command_describe,
	&command_diff,
	&command_image,
	&command_export,
	&command_impact,
	&command_import,
	&command_ls,
	&command_merge,
	&command_provenance,
	&command_report,
	&command_sbom,
	&command_stat,
	&command_verify,
	&command_vex,
	&command_which,
	&command_why,
	&command_why_not,
};

enum {
	COMMAND_COUNT = sizeof(commands) / sizeof(*commands),
	PAGES_FROM = 128 * 1024, /* bytes */
};

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static int unknown(const char *word)
{
	struct suggestion suggestion = SUGGESTION_INIT(word);

	for (size_t i = 0; i < COMMAND_COUNT; i++)
		suggestion_offer(&suggestion, commands[i]->name);
	if (suggestion.best)
		log_error("unknown command '%s'; did you mean '%s'?", word, suggestion.best);
	else
		log_error("unknown command '%s'; see 'tracepack --help'", word);
	return EXIT_USAGE;
}

static void help(void)
{
	printf("Usage: tracepack COMMAND [ARGUMENT]…\n"
	       "Build images of just the files a traced run needed.\n\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		printf("  %-9s %s\n", commands[i]->name, commands[i]->summary);
	printf("\n'tracepack COMMAND --help' explains one. See tracepack(1).\n");
}

int main(int argc, char **argv)
{
	const struct command *command;

	/*
	 * What is large has pages of its own, which move when it grows and go back when it is freed.
	 * That is malloc's rule, but left alone it drops it for sizes that were freed once.
	 */
	mallopt(M_MMAP_THRESHOLD, PAGES_FROM);
	log_init("tracepack", LOG_NORMAL);
	if (argc < 2) {
		log_error("no command given; see 'tracepack --help'");
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		help();
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("tracepack (sfc-tools) %s\n", PACKAGE_VERSION);
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "_complete") == 0)
		return complete(commands, COMMAND_COUNT, argc - 1, argv + 1);
	command = find(argv[1]);
	return command ? command->function(argc - 1, argv + 1) : unknown(argv[1]);
}
