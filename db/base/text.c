// SPDX-License-Identifier: BSD-2-Clause
#include "db/base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char text_empty[1] = "";

void text_release(struct text *text)
{
	int saved = errno;

	if (text->capacity)
		free(text->bytes);
	*text = (struct text)TEXT_INIT;
	errno = saved;
}

void text_clear(struct text *text)
{
	text->size = 0;
	text->failed = false;
	if (text->capacity)
		text->bytes[0] = '\0';
}

bool text_failed(const struct text *text)
{
	return text->failed;
}

/* Room for `more` bytes and the terminator. */
static int text_reserve(struct text *text, size_t more)
{
	size_t wanted, room = text->capacity ? text->capacity : 64;
	char *grown;

	if (text->failed)
		return -ENOMEM;
	if (__builtin_add_overflow(text->size, more, &wanted) ||
	    __builtin_add_overflow(wanted, (size_t)1, &wanted))
		goto failed;
	if (wanted <= text->capacity)
		return 0;
	while (room < wanted)
		if (__builtin_mul_overflow(room, (size_t)2, &room))
			goto failed;
	grown = realloc(text->capacity ? text->bytes : NULL, room);
	if (!grown)
		goto failed;
	grown[text->size] = '\0';
	text->bytes = grown;
	text->capacity = room;
	return 0;
failed:
	text->failed = true;
	return -ENOMEM;
}

int text_add_bytes(struct text *text, const void *data, size_t size)
{
	int r = text_reserve(text, size);

	if (r < 0)
		return r;
	if (size)
		memcpy(text->bytes + text->size, data, size);
	text->size += size;
	text->bytes[text->size] = '\0';
	return 0;
}

int text_add(struct text *text, const char *string)
{
	return text_add_bytes(text, string, strlen(string));
}

int text_add_char(struct text *text, char c)
{
	return text_add_bytes(text, &c, 1);
}

int text_printf(struct text *text, const char *format, ...)
{
	va_list args;
	int n, r;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		return -EINVAL;
	r = text_reserve(text, (size_t)n);
	if (r < 0)
		return r;
	va_start(args, format);
	vsnprintf(text->bytes + text->size, (size_t)n + 1, format, args);
	va_end(args);
	text->size += (size_t)n;
	return 0;
}

/* Length of the valid UTF-8 sequence at s (Unicode 15, table 3-7), 0 when it is not one. */
static size_t utf8_length(const unsigned char *s)
{
	size_t length;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		length = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		length = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		length = 4;
	else
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return length;
}

static int add_escaped_byte(struct text *text, unsigned char byte)
{
	switch (byte) {
	case '\n':
		return text_add(text, "\\n");
	case '\t':
		return text_add(text, "\\t");
	case '\\':
		return text_add(text, "\\\\");
	default:
		return text_printf(text, "\\x%02x", byte);
	}
}

static int add_for_terminal(struct text *text, const char *string, bool backslashes)
{
	const unsigned char *s = (const unsigned char *)string;
	int r = 0;

	while (*s && r == 0) {
		size_t length = utf8_length(s);
		/* C1 controls drive terminals as well as C0 does */
		bool c1 = length == 2 && s[0] == 0xc2 && s[1] < 0xa0;

		if (length == 0 || c1 || *s < 0x20 || *s == 0x7f ||
		    (backslashes && *s == '\\')) {
			r = add_escaped_byte(text, *s++);
			continue;
		}
		r = text_add_bytes(text, s, length);
		s += length;
	}
	return r;
}

int text_add_escaped(struct text *text, const char *string)
{
	return add_for_terminal(text, string, true);
}

int text_add_plain(struct text *text, const char *string)
{
	return add_for_terminal(text, string, false);
}

int text_add_size(struct text *text, unsigned long long size)
{
	static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)size;
	size_t unit = 0;

	if (size < 1000)
		return text_printf(text, "%llu byte%s", size, size == 1 ? "" : "s");
	for (value /= 1000; value >= 999.5 && unit + 1 < sizeof(units) / sizeof(*units); unit++)
		value /= 1000;
	return text_printf(text, value < 99.95 ? "%.1f %s" : "%.0f %s",
			   value, units[unit]);
}

int text_add_count(struct text *text, unsigned long long count)
{
	char digits[32];
	int n = snprintf(digits, sizeof(digits), "%llu", count), r = 0;

	for (int i = 0; i < n && r == 0; i++) {
		if (i && (n - i) % 3 == 0)
			r = text_add_char(text, ',');
		if (r == 0)
			r = text_add_char(text, digits[i]);
	}
	return r;
}

char *text_take(struct text *text)
{
	char *taken;

	/* an empty text has nothing allocated yet, but the caller is promised something to free */
	if (text_reserve(text, 0) < 0) {
		text_release(text);
		return NULL;
	}
	taken = text->bytes;
	*text = (struct text)TEXT_INIT;
	return taken;
}
