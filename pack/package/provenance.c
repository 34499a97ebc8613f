// SPDX-License-Identifier: BSD-2-Clause
#include "pack/package/provenance.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
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

/* One line per path: kind, size, mode where it is known, and name. The catalog comes sorted by path. */
static int digest_catalog(const struct catalog_list *catalog, struct digest *digest)
{
	_cleanup_(catalog_list_cursor_release) struct catalog_list_cursor cursor =
		CATALOG_LIST_CURSOR_INIT;
	_cleanup_(text_release) struct text line = TEXT_INIT;
	struct catalog_entry entry;
	int r;

	while ((r = catalog_list_next(catalog, &cursor, &entry)) > 0) {
		text_clear(&line);
		text_printf(&line, "%s %" PRIu64 " ", entry_kind_name(entry.kind), entry.size);
		if (entry.has_mode)
			text_printf(&line, "%04o ", (unsigned int)entry.mode);
		text_add(&line, entry.path);
		if (text_failed(&line) || digest_add(digest, line.bytes, line.size + 1) < 0)
			return -ENOMEM;
	}
	return r;
}

/* "root sha256:HEX" is what a package's sessions call their source. */
static const char *remembered_digest(const struct selection *selection)
{
	const char *digest = NULL;

	for (size_t i = 0; i < selection->sessions.count; i++) {
		const char *said = strrchr(selection->sessions.items[i].source, ' ');

		if (!said || strncmp(said + 1, "sha256:", 7) != 0 ||
		    strlen(said + 1) != PROVENANCE_DIGEST_SIZE - 1 ||
		    (digest && strcmp(digest, said + 1) != 0))
			return NULL;
		digest = said + 1;
	}
	return digest;
}

int provenance_digest(const struct catalog_list *catalog, const struct selection *selection,
		      char ret_digest[PROVENANCE_DIGEST_SIZE], struct error *err)
{
	_cleanup_(digest_freep) struct digest *digest = NULL;
	const char *remembered = remembered_digest(selection);
	char hex[DIGEST_HEX_SIZE];

	ret_digest[0] = '\0';
	if (catalog->folded && remembered)
		snprintf(ret_digest, PROVENANCE_DIGEST_SIZE, "%s", remembered);
	if (catalog->folded || !catalog->count)
		return 0;
	if (digest_new(&digest) < 0 || digest_catalog(catalog, digest) < 0)
		return error_oom(err);
	if (digest_finish(digest, hex) < 0)
		return error_set(err, -EIO, "cannot compute a digest");
	snprintf(ret_digest, PROVENANCE_DIGEST_SIZE, "sha256:%s", hex);
	return 0;
}

json_t *provenance_source(struct source *source, const char *name, const char *digest)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;

	if (source_read(source, "/etc/os-release", OS_RELEASE_MAX, &text, NULL) < 0)
		text_clear(&text);
	return json_pack("{s:o, s:o, s:{s:o, s:o, s:o}}", "name", json_path(name), "digest",
			 *digest ? json_string(digest) : json_null(), "os", "id",
			 os_release_json(text.bytes, "ID"), "version",
			 os_release_json(text.bytes, "VERSION_ID"), "name",
			 os_release_json(text.bytes, "PRETTY_NAME"));
}
