/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Imports while they are followed: the sources still to be looked at, the directories in which modules are
 * found, and how a module that was found comes in. Each language has a file imports_*.c that knows what
 * its words mean and where its modules lie.
 */
#ifndef PACK_NEED_IMPORTS_H
#define PACK_NEED_IMPORTS_H

#include <stdbool.h>
#include <stddef.h>

#include "db/base/error.h"
#include "pack/need/closure.h"
#include "pack/need/source_words.h"
#include "pack/tree/intern.h"

/* One source; strings are interned. */
struct import_source {
	const char *path, *directory;
	enum source_language language;
	bool own; /* the operator's: all of it is followed */
};

struct import_roots {
	const char **items; /* directories, interned */
	size_t count, capacity;
};

struct imports {
	struct closure *closure;
	struct {
		struct import_source *items;
		size_t count, capacity;
	} sources;
	struct import_roots roots[LANGUAGE_PHP + 1]; /* by language */
	struct intern strings, seen, known_roots;
	struct intern listed, extensions; /* directories, and "DIRECTORY/NAME" of Python's modules in C there */
	struct error *err;
};

/* Modules of a language are looked for in this directory too. 0 or -ENOMEM as an error. */
int imports_add_root(struct imports *imports, enum source_language language, const char *path,
		     size_t length);

/*
 * A file that a source imports: 1 when there is one at this path, and then it is in and will be followed; 0
 * when not. An error is negative.
 */
int imports_take(struct imports *imports, const struct import_source *source, const char *path);
/* The same by parts: "DIRECTORY/NAME" and an ending. */
int imports_take_part(struct imports *imports, const struct import_source *source,
		      const char *directory, const char *name, size_t length, const char *ending);

/* Is there a file, or with directory a directory, at a path? */
bool imports_exists(const struct imports *imports, const char *path, bool directory);

/* Modules of others lie here; without records of packages that is all there is to tell them by. */
bool imports_is_of_others(const char *path);

/* The words of one source, in turn. */
struct import_state {
	struct imports *imports;
	const struct import_source *source;
	char last[SOURCE_WORD_LONGEST + 1];   /* the name before */
	char base[SOURCE_WORD_LONGEST + 1];   /* of "from BASE import …" */
	bool counts;                          /* the statement it stands in does */
	bool inside;                          /* of a function, whose line is so far indented: */
	size_t indent;
	int step, depth;
};

int import_python(struct import_state *state, const struct source_word *word);
int import_node(struct import_state *state, const struct source_word *word);
int import_others(struct import_state *state, const struct source_word *word);

#endif
