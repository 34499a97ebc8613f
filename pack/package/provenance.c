// SPDX-License-Identifier: BSD-2-Clause
#include "pack/package/provenance.h"

#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/text.h"

enum { OS_RELEASE_MAX = 128 * 1024 };

json_t *provenance_sessions(const struct selection *selection)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < selection->sessions.count; i++) {
		const struct session *session = &selection->sessions.items[i];

		json_array_append_new(array, json_pack("{s:s, s:o, s:s}", "uuid", session->uuid,
						       "label", json_path(session->label), "state",
						       session_state_name(session->state)));
	}
	return array;
}

/* NAME="value" of os-release; null when it does not say. */
static json_t *os_release_json(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) == 0 && line[length] == '=') {
			const char *value = line + length + 1;
			size_t size;

			value += *value == '"' || *value == '\'';
			size = strcspn(value, "\"'\n");
			return json_stringn(value, size);
		}
	}
	return json_null();
}

json_t *provenance_source(struct source *source)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;

	if (source_read(source, "/etc/os-release", OS_RELEASE_MAX, &text, NULL) < 0)
		text_clear(&text);
	return json_pack("{s:o, s:o, s:o, s:o}", "path", json_path(source_path(source)), "id",
			 os_release_json(text.bytes, "ID"), "version",
			 os_release_json(text.bytes, "VERSION_ID"), "name",
			 os_release_json(text.bytes, "PRETTY_NAME"));
}
