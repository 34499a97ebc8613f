// SPDX-License-Identifier: BSD-2-Clause
/* tracefs: the file system that remembers which of its files were used. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "fs/background.h"
#include "fs/command.h"
#include "fs/complete.h"
#include "fs/join.h"
#include "fs/options.h"
#include "fs/remount.h"
#include "fs/run.h"
#include "fs/umount_helper.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static int failed(const struct error *err)
{
	log_error("%s", err->message);
	return EXIT_FAILED;
}

static int misused(const struct options *options, const struct error *err)
{
	log_error("%s; see 'tracefs --help'", err->message);
	return options->command ? (int)COMMAND_FAILED : (int)EXIT_USAGE;
}

/* "tracefs: 3,211 accesses to 148 files, 97 looked up in vain, 0 lost" */
static void summarize(const struct summary *summary, struct text *text)
{
	text_add_count(text, summary->accesses);
	text_add(text, " accesses to ");
	text_add_count(text, summary->files);
	text_add(text, " files, ");
	text_add_count(text, summary->missing);
	text_add(text, " looked up in vain, ");
	text_add_count(text, summary->dropped);
	text_add(text, " lost");
}

static void tell(const struct text *text, const struct summary *summary)
{
	log_note("%s", text->bytes);
	if (summary->refused)
		log_note("not readable by this user: %s%s (all: SELECT DISTINCT path FROM accesses "
			 "WHERE errno IN (1, 13))", summary->refused_names,
			 summary->refused > SUMMARY_NAMES ? ", …" : "");
}

/* The walk: manifest, mount, serve, unmount, end of the session. */
static int trace_source(struct options *options, struct command *command)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	struct run run = RUN_INIT;
	struct summary summary = {0};
	struct error err = ERROR_INIT;
	int r = 0;

	run.command = command;
	if (!options->foreground)
		r = background_enter(&run.ready_fd, &err);
	if (r == 0)
		r = run_open(&run, options, &err);
	if (r == 0)
		r = run_mount(&run, &err);
	if (r == 0) {
		run_serve(&run);
		r = run_finish(&run, &summary, &err);
		summarize(&summary, &text);
		if (!options->in_place) /* a service's own log is not for us */
			tell(&text, &summary);
	}
	if (r < 0)
		failed(&err);
	run_release(&run, r == 0, r < 0 ? err.message : text.bytes);
	return r < 0 ? EXIT_FAILED : EXIT_DONE;
}
/* The same with a command, which is started first and has the last word. */
static int trace_command(struct options *options)
{
	struct command command = COMMAND_INIT;
	struct error err = ERROR_INIT;
	int traced, status;

	if (command_start(&command, options, &err) < 0) {
		failed(&err);
		command_release(&command);
		return COMMAND_FAILED;
	}
	traced = trace_source(options, &command);
	status = command_status(&command, &err);
	if (*err.message)
		failed(&err);
	command_release(&command);
	return traced != EXIT_DONE && status == 0 ? (int)COMMAND_FAILED : status;
}

static int mount_or_run(struct options *options)
{
	struct error err = ERROR_INIT;

	if (options->join)
		return join(options);
	if (options_resolve(options, &err) < 0) {
		failed(&err);
		return options->command ? (int)COMMAND_FAILED : (int)EXIT_FAILED;
	}
	if (options->fake)
		return EXIT_DONE;
	return options->command ? trace_command(options) : trace_source(options, NULL);
}

/* --mark, --flush, --status and --unmount: ask the one who serves the mount. */
static int ask(const struct options *options)
{
	_cleanup_(text_release) struct text question = TEXT_INIT, answer = TEXT_INIT;
	struct error err = ERROR_INIT;

	switch (options->action) {
	case ACTION_MARK:
		text_printf(&question, "mark %s", options->label);
		break;
	case ACTION_FLUSH:
		text_add(&question, "flush");
		break;
	case ACTION_STATUS:
		text_add(&question, options->json ? "status json" : "status");
		break;
	default:
		text_add(&question, "unmount");
	}
	if (control_ask(options->mountpoint, question.bytes, &answer, &err) < 0)
		return failed(&err);
	if (options->action == ACTION_UNMOUNT)
		log_note("%s", answer.bytes);
	else
		fputs(answer.bytes, stdout);
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	struct options options;
	struct error err = ERROR_INIT;
	int status;

	log_init("tracefs", LOG_NORMAL);
	if (argc > 0 && strncmp(path_name(argv[0]), "umount.", 7) == 0)
		return umount_helper(argc, argv);
	if (argc > 1 && strcmp(argv[1], "_complete") == 0) {
		complete(argc - 1, argv + 1);
		return EXIT_DONE;
	}
	if (options_parse(&options, argc, argv, &err) < 0) {
		status = misused(&options, &err);
		options_release(&options);
		return status;
	}
	if (options.debug)
		log_init("tracefs", LOG_DEBUG);
	switch (options.action) {
	case ACTION_HELP:
		fputs(options_help, stdout);
		status = EXIT_DONE;
		break;
	case ACTION_VERSION:
		printf("tracefs (sfc-tools) %s\n", PACKAGE_VERSION);
		status = EXIT_DONE;
		break;
	case ACTION_REMOUNT:
		status = remount(&options, &err) < 0 ? failed(&err) : EXIT_DONE;
		break;
	case ACTION_MOUNT:
		status = mount_or_run(&options);
		break;
	default:
		status = ask(&options);
	}
	options_release(&options);
	return status;
}
