/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wing cmd/ is the subcommands, one file each, what several of them share, and all that prints.
 * It may include db, db/base, pack/distro, pack/engine, pack/evidence, pack/image, pack/layer,
 * pack/need, pack/oci, pack/package, pack/report, pack/source and pack/tree, and nothing includes it. Another
 * subcommand is a file here and a line in main.c, another option of build, why, ls and stat goes
 * into closure_request.c.
 */
/*
 * The subcommands of tracepack: pack/cmd/<name>.c each, which defines a struct command and is listed in
 * main.c. A command's options are one table: what getopt_long() knows, what --help prints and where the
 * values go are all made of it. -h, --help is every command's and stands in no table.
 */
#ifndef PACK_CMD_COMMAND_H
#define PACK_CMD_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "db/base/error.h"

/* Exit codes of every program of this project. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };
/* And of those that compare and were asked for it: done, and there is a difference, or more than a gate lets by. */
enum { EXIT_DIFFERENT = 3 };

/*
 * Take an option: `target` is what the option's row points at in the arguments of the command, `value` is
 * NULL for an option that has none. Returns 0; -EINVAL when the value makes no sense (a message in err is
 * welcome, not needed), which is wrong usage; any other code, with a message, when it is a failure.
 */
typedef int option_taker(void *target, const char *value, struct error *err);

struct command_option {
	char letter;          /* 'o' of -o; 0: it has none */
	const char *name;     /* "output" of --output; NULL: the end of the table */
	const char *argument; /* as --help shows it: "FILE"; "[=HOW]": may be left out; NULL: takes none */
	const char *help;     /* lines; NULL: told together with the next option */
	option_taker *function;
	size_t offset;                      /* of the target in the arguments */
	const struct command_option *table; /* instead of all this: options that commands share */
};

/* The last three of a row: what takes it, and the member of a struct that it goes into. */
#define OPTION_CALL(take, type, member) take, offsetof(type, member), NULL
/* The same, with the whole struct. */
#define OPTION_WHOLE(take) take, 0, NULL
/* A member whose type is checked: a bool that becomes true, a string that is borrowed from argv. */
#define OPTION_FLAG(type, member) option_flag, OPTION_TYPED(type, member, bool), NULL
#define OPTION_STRING(type, member) option_string, OPTION_TYPED(type, member, const char *), NULL
/* A row that stands for another table, whose struct is a member of this one. */
#define OPTION_TABLE(options, type, member) .table = options, .offset = offsetof(type, member)

#define OPTION_TYPED(type, member, wanted)                                                         \
	(offsetof(type, member) + 0 * sizeof(&((type *)NULL)->member == (wanted *)NULL))

option_taker option_flag, option_string;
/* --quiet of commands that look at log_level_now(). */
option_taker option_quiet;

struct command {
	const char *name;
	const char *summary;  /* one line, lower case, no full stop */
	const char *operands; /* behind "tracepack NAME" */
	const char *about;    /* what it does, in lines */
	const struct command_option *options; /* in the order of --help; ends with an empty row */
	bool options_first; /* what follows the first operand is none of our options */
	/* argv[0] is the command's name; returns an exit code, having printed its errors. */
	int (*function)(int argc, char **argv);
};

extern const struct command command_build, command_config, command_customs, command_describe, command_diff,
	command_export, command_image, command_impact, command_import, command_ls, command_merge, command_provenance,
	command_report, command_sbom, command_stat, command_verify, command_vex, command_which, command_why, command_why_not;

/*
 * Take the options of a command line into `arguments`: true, and the operands begin at argv[optind].
 * Else all is said (help, or what is wrong), and *ret_code is what to exit with.
 */
bool command_parse(const struct command *command, int argc, char **argv, void *arguments,
		   int *ret_code);

/* "tracepack: build: …; see 'tracepack build --help'"; returns EXIT_USAGE. */
int command_misused(const struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * SIGINT and SIGTERM set this to the signal's number; long work looks at it and ends with -EINTR,
 * removing what it has not published.
 */
extern volatile int command_cancelled;
void command_catch_signals(void);

#endif
