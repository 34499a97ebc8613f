/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands of sfc: a table of rows (commands.c), one file cmd/NAME.c for each function it names. All
 * that is said of a command, by --help, `sfc help`, the completions and the man pages, is made of its row
 * and of the table of options.
 */
#ifndef STAGE_CMD_COMMAND_H
#define STAGE_CMD_COMMAND_H

#include "stage/spec/options.h"

/* What sfc exits with. */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_GATE = 3,      /* done, but larger or slower than was allowed */
	EXIT_TRACED = 4,    /* slim, verify: the command itself failed */
	EXIT_DIFFERENT = 5, /* slim, verify: the package behaves otherwise */
	/* where a command's own status is passed on: */
	EXIT_OURS = 125,
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
};

struct sfc_command {
	const char *name;    /* NULL: the end of the table */
	const char *group;   /* "dev" of `sfc dev create`; NULL: stands alone */
	const char *summary; /* one line, lower case, no full stop */
	const char *usage;   /* behind "sfc dev create" */
	const char *about;   /* what it does, in lines; may be NULL */
	uint64_t options;    /* OF(…); 0: none, or a group's head */
	size_t operands;     /* at the most, before COMMAND; SIZE_MAX: any number */
	enum options_command command;
	bool passes_status;  /* exits with COMMAND's status: what is asked wrongly is 125 */
	const char *page;    /* the man page it stands in; NULL: its own, or its group's */
	bool hidden;         /* for programs; no help names it */

	/* Asked and parsed: returns an exit status, having printed its errors with log_error(). */
	int (*function)(const struct sfc_command *command, struct asked *asked);
	/* Or with its words as they are, argv[0] its name. */
	int (*raw)(const struct sfc_command *command, int argc, char **argv);
};

extern const struct sfc_command sfc_commands[];

/* A row by its words; group NULL: one that stands alone, or the head of a group. NULL: none. */
const struct sfc_command *command_find(const char *group, const char *name);
/* There are rows that have it as their group. */
bool command_is_group(const char *name);
/* The row that the words argv[1]… name; *ret_words: how many of them do. NULL: it was said what is wrong. */
const struct sfc_command *command_of(int argc, char **argv, int *ret_words);

/* The man page that explains it, of section 1: a group's commands share one. Valid until the next call. */
const char *command_page(const struct sfc_command *command);

/* It takes the option of this row today. *ret_letter: its letter there, 0: none; may be NULL. */
bool command_takes(const struct sfc_command *command, const struct option_row *row, char *ret_letter);

/* "sfc: slim: …; see 'sfc slim --help'" (a question stands for itself); returns what to exit with. */
int command_misused(const struct sfc_command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A failure of ours: prints the message, returns what to exit with. */
int command_failed(const struct sfc_command *command, const struct error *err);
/* Either, by the code: -EINVAL is what is asked wrongly; EXIT_DONE where it is none. */
int command_answer(const struct sfc_command *command, int r, const struct error *err);

/* "sfc: dev", in front of what is said from now on; group NULL: "sfc: NAME". */
void command_speak_as(const char *group, const char *name, bool quiet);
/* Run it; argv[0] is the last word of its name. */
int command_run(const struct sfc_command *command, int argc, char **argv);

#endif
