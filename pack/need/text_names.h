/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Absolute paths that a text names: a configuration, a script. A tokenizer, no parser: comments are left
 * aside as most formats write them ("#" and ";" where a line begins, "#" behind a blank, "//" where a line
 * begins, C's and XML's, Perl's pod), all else is looked through, strings and here-documents too.
 */
#ifndef PACK_NEED_TEXT_NAMES_H
#define PACK_NEED_TEXT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum { TEXT_NAMES_MAX = 65536, TEXT_NAMES_LONGEST = 1024 };

/*
 * Call visit for each, as it stands, at most TEXT_NAMES_MAX times. Of one that goes on with a pattern or a
 * variable ("/etc/x/$NAME.conf") it is the directory, and cut is true. A visitor that returns non-zero
 * ends it.
 */
int text_names_each(const char *text, size_t size,
		    int (*visit)(const char *path, bool cut, void *data), void *data);

/* It has no byte that texts do not have. */
bool text_names_is_text(const char *text, size_t size);

#endif
