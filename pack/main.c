// SPDX-License-Identifier: BSD-2-Clause
/* tracepack: from a manifest to an image; a table of subcommands. */
#include "pack/command.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "db/base/log.h"

/* In the order in which the help shows them. */
static const struct command commands[] = {
	{"build", cmd_build, "make an image or a package of what was used", build_usage},
	{"describe", cmd_describe, "note how a session was started", describe_usage},
	{"diff", cmd_diff, "compare two manifests, images, packages or directories", diff_usage},
	{"image", cmd_image, "make an image of a whole directory or tar", image_usage},
	{"export", cmd_export, "write a root or package as container image, bundle or tar",
	 export_usage},
	{"impact", cmd_impact, "does a newer source mean a new build?", impact_usage},
	{"import", cmd_import, "make a root file system from a directory, tar or container image",
	 import_usage},
	{"ls", cmd_ls, "list what is in a manifest, image, package or directory", ls_usage},
	{"merge", cmd_merge, "add the sessions of manifests to another", merge_usage},
	{"report", cmd_report, "one HTML page with everything a manifest knows", report_usage},
	{"sbom", cmd_sbom, "a bill of materials of a package, or of what would be packed", sbom_usage},
	{"stat", cmd_stat, "what each test needed, what was left out, what is still unseen",
	 stat_usage},
	{"verify", cmd_verify, "check that a package is whole and holds together", verify_usage},
	{"which", cmd_which, "find a command in a root", which_usage},
	{"why", cmd_why, "say what brought a path into a package", why_usage},
	{"why-not", cmd_why_not, "say what keeps a path out of a package", why_not_usage},
	{NULL, NULL, NULL, NULL}, /* end */
};

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

const struct command *command_find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

int command_misused(const struct command *command, const char *format, ...)
{
	char message[512];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	log_error("%s: %s; see 'tracepack %s --help'", command->name, message, command->name);
	return EXIT_USAGE;
}

int command_help(const struct command *command)
{
	printf("Usage: tracepack %s %s\n", command->name, command->usage);
	return EXIT_DONE;
}

static void help(void)
{
	printf("Usage: tracepack COMMAND [ARGUMENT]…\n"
	       "Build images of just the files a traced run needed.\n\n");
	for (const struct command *c = commands; c->name; c++)
		printf("  %-9s %s\n", c->name, c->summary);
	printf("\n'tracepack COMMAND --help' explains one. See tracepack(1).\n");
}

int main(int argc, char **argv)
{
	const struct command *command;

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
	command = command_find(argv[1]);
	if (!command) {
		log_error("unknown command '%s'; see 'tracepack --help'", argv[1]);
		return EXIT_USAGE;
	}
	return command->function(argc - 1, argv + 1);
}
