/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words of a source text: names, strings, marks and line ends, comments left out. A tokenizer for what
 * five languages have in common, no parser: a string ends with its line, a triple or back-quoted one with
 * its quotes, here-documents are looked through as code is.
 */
#ifndef PACK_NEED_SOURCE_WORDS_H
#define PACK_NEED_SOURCE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum source_language { LANGUAGE_NONE, LANGUAGE_PYTHON, LANGUAGE_NODE, LANGUAGE_RUBY, LANGUAGE_PERL, LANGUAGE_PHP };

enum source_word_kind {
	SOURCE_NAME,   /* letters, digits, '_', '$', '.', "::" */
	SOURCE_STRING, /* what stands between quotes, as it stands */
	SOURCE_MARK,   /* one byte of anything else */
	SOURCE_LINE,   /* the end of a line */
};

enum { SOURCE_WORD_LONGEST = 511 }; /* longer ones are left out */

struct source_word {
	enum source_word_kind kind;
	const char *text; /* NUL-terminated, until the next */
	bool first;       /* of its line */
	size_t indent;    /* of its line; a tab counts as one */
};

/* By the ending of a path, or the first line of a script; LANGUAGE_NONE: another. */
enum source_language source_language_of(const char *path, const char *head, size_t size);

/* Call visit for each word; one that returns non-zero ends it. 0 or what that was. */
int source_words_each(enum source_language language, const char *text, size_t size,
		      int (*visit)(const struct source_word *word, void *data), void *data);

#endif
