/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The subcommands of tracepack: one cmd_<name>.c each, listed in the table of main.c.
 */
#ifndef PACK_COMMAND_H
#define PACK_COMMAND_H

/* Exit codes of every program of this project. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };
/* And of those that compare and were asked for it: done, and there is a difference. */
enum { EXIT_DIFFERENT = 3 };

struct command {
	const char *name;
	/* argv[0] is the subcommand's name; returns an exit code, having printed its errors. */
	int (*function)(int argc, char **argv);
	const char *summary; /* one line, lower case, no full stop */
	const char *usage;   /* behind "tracepack NAME", then one option a line */
};

/* One function and one help text for each row. */
int cmd_build(int argc, char **argv);
int cmd_describe(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_image(int argc, char **argv);
int cmd_impact(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_ls(int argc, char **argv);
int cmd_merge(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_sbom(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_which(int argc, char **argv);
int cmd_why(int argc, char **argv);
int cmd_why_not(int argc, char **argv);
extern const char build_usage[];
extern const char describe_usage[];
extern const char diff_usage[];
extern const char export_usage[];
extern const char image_usage[];
extern const char impact_usage[];
extern const char import_usage[];
extern const char ls_usage[];
extern const char merge_usage[];
extern const char report_usage[];
extern const char sbom_usage[];
extern const char stat_usage[];
extern const char verify_usage[];
extern const char which_usage[];
extern const char why_usage[];
extern const char why_not_usage[];

/* "tracepack: build: cannot …: try 'tracepack build --help'"; returns EXIT_USAGE. */
int command_misused(const struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Print the help text of a command on stdout; returns EXIT_DONE. */
int command_help(const struct command *command);
/* The row of the table with this name; NULL when there is none. */
const struct command *command_find(const char *name);

/*
 * SIGINT and SIGTERM set this to the signal's number; long work looks at it and ends with -EINTR,
 * removing what it has not published.
 */
extern volatile int command_cancelled;
void command_catch_signals(void);

#endif
