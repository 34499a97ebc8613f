// SPDX-License-Identifier: BSD-2-Clause
#include "db/base/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"

json_t *json_path(const char *path)
{
	struct text text = TEXT_INIT;
	json_t *json;

	if (!path)
		return json_null();
	text_add_escaped(&text, path);
	json = text_failed(&text) ? NULL : json_string(text.bytes);
	text_release(&text);
	return json;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *json_path_bytes(const char *escaped)
{
	static const char letters[] = "nrt\\", bytes[] = "\n\r\t\\";
	char *path = malloc(strlen(escaped) + 1), *to = path;

	if (!path)
		return NULL;
	for (const char *p = escaped; *p; p++) {
		const char *letter = p[0] == '\\' && p[1] ? strchr(letters, p[1]) : NULL;

		if (letter) {
			*to++ = bytes[letter - letters];
			p++;
		} else if (p[0] == '\\' && p[1] == 'x' && hex_digit(p[2]) >= 0 &&
			   hex_digit(p[3]) >= 0) {
			*to++ = (char)(hex_digit(p[2]) * 16 + hex_digit(p[3]));
			p += 3;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
	return path;
}

/* As many as every double has: 0.119 seconds stay that. */
enum { DIGITS = 15 };

char *json_document(const json_t *json)
{
	struct text text = TEXT_INIT;
	char *dumped = json_dumps(json, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(DIGITS));

	if (dumped)
		text_printf(&text, "%s\n", dumped);
	free(dumped);
	if (!text.size || text_failed(&text)) {
		text_release(&text);
		return NULL;
	}
	return text_take(&text);
}

/* JSON leaves DEL and the C1 controls as they are, and they drive terminals. Here, only strings hold them. */
static void print_for_terminal(const char *text)
{
	for (const unsigned char *s = (const unsigned char *)text; *s; s++) {
		if (*s == 0x7f)
			fputs("\\u007f", stdout);
		else if (s[0] == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0)
			printf("\\u00%02x", *++s);
		else
			putchar(*s);
	}
}

int json_print(json_t *json, struct error *err)
{
	json_auto_t *owned = json;
	_cleanup_(freep) char *text = owned ? json_document(owned) : NULL;

	if (!text)
		return error_oom(err);
	print_for_terminal(text);
	if (fflush(stdout) != 0 || ferror(stdout))
		return error_errno(err, "cannot write to the standard output");
	return 0;
}

int json_read(const char *data, size_t size, size_t limit, json_t **ret_json, struct error *err)
{
	json_error_t why;
	json_t *json;

	if (size > limit)
		return error_set(err, -EFBIG, "larger than %zu bytes", limit);
	json = json_loadb(data, size, JSON_REJECT_DUPLICATES, &why);
	if (!json)
		return error_set(err, -EBADMSG, "not one JSON document: line %d: %s", why.line,
				 why.text);
	if (!json_is_object(json)) {
		json_decref(json);
		return error_set(err, -EBADMSG, "not a JSON object");
	}
	*ret_json = json;
	return 0;
}

int json_set(json_t *object, const char *key, json_t *value)
{
	/* takes the value also when it fails */
	return value && json_object_set_new(object, key, value) == 0 ? 0 : -ENOMEM;
}

void json_freep(json_t **json)
{
	json_decref(*json);
}

const char *json_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}
