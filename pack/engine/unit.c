// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/unit.h"

#include <errno.h>
#include <string.h>

#include "db/base/cleanup.h"

static void add_byte(struct text *text, char byte, bool dollars)
{
	if (byte == '%' || (dollars && byte == '$'))
		text_add_char(text, byte);
	text_add_char(text, byte);
}

void unit_add_word(struct text *text, const char *word, bool dollars)
{
	text_add_char(text, '"');
	for (; *word; word++) {
		unsigned char c = (unsigned char)*word;

		if (c < 0x20 || c == 0x7f) {
			text_printf(text, "\\x%02x", c);
			continue;
		}
		if (c == '"' || c == '\\')
			text_add_char(text, '\\');
		add_byte(text, *word, dollars);
	}
	text_add_char(text, '"');
}

static bool is_line(const char *value)
{
	size_t length = strlen(value);

	for (const char *c = value; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	return length && value[0] != ' ' && !strchr(" \\", value[length - 1]);
}

int unit_add_line(struct text *text, const char *kind, const char *name, const char *value, bool dollars,
		  struct error *err)
{
	_cleanup_(text_release) struct text shown = TEXT_INIT;

	if (!is_line(value)) {
		text_add_escaped(&shown, value);
		return error_set(err, -EINVAL, "%s cannot hold %s '%.100s'", kind, name, shown.bytes);
	}
	text_printf(text, "%s=", name);
	for (; *value; value++)
		add_byte(text, *value, dollars);
	text_add_char(text, '\n');
	return 0;
}
