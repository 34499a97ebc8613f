// SPDX-License-Identifier: BSD-2-Clause
#include "pack/package/provenance.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "db/catalog.h"

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

/* One line per path: kind, size and name. The catalog comes sorted by path. */
static int digest_catalog(struct catalog_walk *walk, struct digest *digest, uint64_t *ret_count,
			  struct error *err)
{
	_cleanup_(text_release) struct text line = TEXT_INIT;
	struct catalog_entry entry;
	int r;

	while ((r = catalog_walk_next(walk, &entry, err)) > 0) {
		text_clear(&line);
		text_printf(&line, "%s %" PRIu64 " ", entry_kind_name(entry.kind), entry.size);
		text_add(&line, entry.path);
		if (text_failed(&line) || digest_add(digest, line.bytes, line.size + 1) < 0)
			return error_oom(err);
		++*ret_count;
	}
	return r;
}

int provenance_digest(struct manifest *manifest, char ret_digest[PROVENANCE_DIGEST_SIZE],
		      struct error *err)
{
	_cleanup_(catalog_walk_endp) struct catalog_walk *walk = NULL;
	_cleanup_(digest_freep) struct digest *digest = NULL;
	char hex[DIGEST_HEX_SIZE];
	uint64_t count = 0;
	int r;

	if (digest_new(&digest) < 0)
		return error_oom(err);
	r = catalog_walk_begin(manifest, &walk, err);
	if (r == 0)
		r = digest_catalog(walk, digest, &count, err);
	if (r < 0)
		return r;
	if (digest_finish(digest, hex) < 0)
		return error_set(err, -EIO, "cannot compute a digest");
	snprintf(ret_digest, PROVENANCE_DIGEST_SIZE, "%s%s", count ? "sha256:" : "", count ? hex : "");
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
