// SPDX-License-Identifier: BSD-2-Clause
#include "pack/package/statement.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "pack/distro/purl.h"

/* What is built, in which way: package(5) says what its version 1 means. */
#define BUILD_TYPE "pkg:generic/sfc-tools#package-1"

/* A copy of a member of any kind; null where there is none. */
static json_t *copy_of(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return value ? json_deep_copy(value) : json_null();
}

/* "sha256:HEX" → HEX; NULL: it is none. */
static const char *hex_of(const char *digest)
{
	return digest && strncmp(digest, "sha256:", 7) == 0 && strlen(digest) == 7 + DIGEST_HEX_SIZE - 1 ? digest + 7 : NULL;
}

/* The digest is of the source's catalog, not of a file: it has a name that nobody takes for that. */
static json_t *source_json(const json_t *source)
{
	const char *name = json_text(source, "name"), *hex = hex_of(json_text(source, "digest"));
	_cleanup_(text_release) struct text uri = TEXT_INIT;
	json_auto_t *json = NULL;

	text_add(&uri, "pkg:generic/");
	purl_encode(&uri, name && *name ? name : "unknown");
	if (text_failed(&uri))
		return NULL;
	json = json_pack("{s:o, s:s}", "name", json_path(name ? name : "unknown"), "uri", uri.bytes);
	if (!json || (hex && json_set(json, "digest", json_pack("{s:s}", "sfcCatalogSha256", hex)) < 0) ||
	    json_set(json, "annotations", json_pack("{s:o}", "os", copy_of(source, "os"))) < 0)
		return NULL;
	return json_incref(json);
}

/* What lies in the package beside its root, each with its digest. */
static json_t *parts_json(const struct description *description)
{
	json_auto_t *parts = json_array();

	for (size_t i = 0; parts && i < description->parts.count; i++) {
		const struct description_part *part = &description->parts.items[i];

		if (json_array_append_new(parts, json_pack("{s:o, s:{s:s}}", "name", json_path(part->path), "digest",
							   "sha256", part->sha256)) < 0)
			return NULL;
	}
	return json_incref(parts);
}

static json_t *definition_json(const json_t *said)
{
	return json_pack("{s:s, s:{s:o, s:o, s:o}, s:{s:o, s:o, s:o}, s:[o]}", "buildType", BUILD_TYPE,
			 "externalParameters", "name", copy_of(said, "name"), "version", copy_of(said, "version"), "sessions",
			 copy_of(said, "sessions"), "internalParameters", "time", copy_of(said, "created"), "before",
			 copy_of(said, "before"), "after", copy_of(said, "after"), "resolvedDependencies",
			 source_json(json_object_get(said, "source")));
}

static json_t *details_json(const json_t *said, const struct description *description, const char *builder)
{
	const char *tool = json_text(said, "tool");
	_cleanup_(text_release) struct text id = TEXT_INIT, invocation = TEXT_INIT;

	text_add(&id, builder ? builder : "pkg:generic/sfc-tools");
	text_printf(&invocation, "urn:uuid:%s", description->uuid ? description->uuid : "");
	if (text_failed(&id) || text_failed(&invocation))
		return NULL;
	return json_pack("{s:{s:s, s:{s:o}}, s:{s:s}, s:o}", "builder", "id", id.bytes, "version", "sfc-tools",
			 json_path(tool ? tool : "unknown"), "metadata", "invocationId", invocation.bytes, "byproducts",
			 parts_json(description));
}

int statement_of(const struct bundle *bundle, const char *name, const char *builder, json_t **ret_statement,
		 struct error *err)
{
	_cleanup_(description_release) struct description description = {0};
	json_auto_t *said = NULL, *json = NULL;
	char hex[DIGEST_HEX_SIZE];
	int r = bundle_json(bundle, "/sfc/package.json", &said, err);

	if (r == 0)
		r = bundle_description(bundle, &description, err);
	if (r == 0)
		r = digest_fd(bundle_fd(bundle), hex, err);
	if (r < 0)
		return r;
	json = json_pack("{s:s, s:[{s:o, s:{s:s}}], s:s, s:{s:o, s:o}}", "_type", "https://in-toto.io/Statement/v1",
			 "subject", "name", json_path(name), "digest", "sha256", hex, "predicateType",
			 "https://slsa.dev/provenance/v1", "predicate", "buildDefinition", definition_json(said), "runDetails",
			 details_json(said, &description, builder));
	if (!json)
		return error_oom(err);
	*ret_statement = json_incref(json);
	return 0;
}
