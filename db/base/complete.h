/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a shell may offer for the last word of a command line, made of the tables the line is read
 * by. "PROGRAM _complete WORD…" prints it for scripts/completions, a line each: a word, a tab and
 * what it is for; or one of "=files", "=dirs", "=commands": what the shell knows better itself.
 */
#ifndef DB_BASE_COMPLETE_H
#define DB_BASE_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

struct complete_option {
	const char *name;     /* "output" */
	char letter;	      /* 0: it has none */
	const char *argument; /* "FILE", "a|b|PATH"; "[=HOW]": may be left out; NULL: takes none */
	const char *help;     /* its first line is shown; may be NULL */
};

struct complete_line {
	const struct complete_option *options;
	size_t count;
	const char *operands; /* as --help shows them: FILE, PACKAGE, DIR… tell what they are */
	size_t before; /* operands before a COMMAND that follows at once; SIZE_MAX: none does */
	bool command;  /* there is a COMMAND, behind "--" or those operands */
	/* Offers what can stand as one more operand, beside files that `operands` tell of; NULL: nobody knows. */
	void (*more)(const char *begun, const void *data);
	const void *data;
};

/* One word that is offered when it begins as `begun` does. */
void complete_offer(const char *begun, const char *word, const char *help);

/* The words behind the command's name; the last of `count`, at least one, is the one to complete.
 */
void complete_words(const struct complete_line *line, char *const *words, size_t count);

/* What stands in an option's argument, behind `prefix`, which belongs to the word: "--network=". */
void complete_value(const char *argument, const char *prefix, const char *begun);

#endif
