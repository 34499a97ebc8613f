/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Growing bytes, always NUL-terminated behind the last one, so that `bytes` is a C string whenever
 * no NUL was added. `bytes` is never NULL: an empty text points at a shared "".
 *
 *	_cleanup_(text_release) struct text text = TEXT_INIT;
 *
 *	text_add(&text, "lib/");
 *	text_printf(&text, "%s.so.%u", name, version);
 *	if (text_failed(&text))
 *		return -ENOMEM;
 *
 * A failed allocation is remembered and later additions do nothing, so that one check at the end
 * covers a whole construction. `bytes` is valid until the next addition.
 */
#ifndef DB_BASE_TEXT_H
#define DB_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
	char *bytes;
	size_t size;     /* without the terminator */
	size_t capacity; /* allocated; 0 while `bytes` is the shared "" */
	bool failed;     /* an allocation failed; the contents are not whole */
};

extern char text_empty[1];
#define TEXT_INIT                                                                                  \
	{                                                                                          \
		.bytes = text_empty                                                                \
	}

void text_release(struct text *text);
/* Back to empty; keeps the memory and forgets a failure. */
void text_clear(struct text *text);
bool text_failed(const struct text *text);

/* 0 or -ENOMEM, which is also remembered. */
int text_add_bytes(struct text *text, const void *data, size_t size);
int text_add(struct text *text, const char *string);
int text_add_char(struct text *text, char c);
int text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/*
 * Bytes for one line of a terminal: control characters, backslashes and invalid UTF-8 become
 * \n, \t, \\ or \xHH; all else, quotes included, stays.
 */
int text_add_escaped(struct text *text, const char *string);
/*
 * A line that was put together already, some of it by others: control characters and invalid UTF-8 become
 * \n, \t or \xHH, so that it stays one line and drives no terminal; all else, backslashes too, stays.
 */
int text_add_plain(struct text *text, const char *string);
/* Bytes as a person counts them: "17 bytes", "5.8 MB"; powers of 1000. */
int text_add_size(struct text *text, unsigned long long size);
/* A count with thousands set apart: "61,204". */
int text_add_count(struct text *text, unsigned long long count);

/* The C string, owned by the caller (free()), leaving an empty text; NULL after a failure. */
char *text_take(struct text *text);

#endif
