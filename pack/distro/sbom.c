// SPDX-License-Identifier: BSD-2-Clause
#include "pack/distro/sbom.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "db/base/cleanup.h"
#include "db/base/digest.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "pack/distro/purl.h"

#define SPEC_VERSION "1.5"

/* ---- components ---- */

static int add_property(json_t *properties, const char *name, uint64_t value)
{
	char number[24];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)value);
	return json_array_append_new(properties,
				     json_pack("{s:s, s:s}", "name", name, "value", number));
}

/* A member whose text came from a record: what is not UTF-8 is spelled out. */
static int set_text(json_t *object, const char *name, const char *value)
{
	return *value ? json_set(object, name, json_path(value)) : 0;
}

static int add_properties(json_t *component, const struct installed *installed)
{
	json_auto_t *properties = json_array();
	int r = properties ? 0 : -1;

	if (r == 0)
		r = add_property(properties, "sfc:files:kept", installed->files_kept);
	if (r == 0)
		r = add_property(properties, "sfc:files:total", installed->files_total);
	if (r == 0)
		r = add_property(properties, "sfc:bytes:kept", installed->bytes_kept);
	if (r == 0)
		r = add_property(properties, "sfc:bytes:total", installed->bytes_total);
	if (r == 0 && *installed->origin)
		r = json_array_append_new(properties, json_pack("{s:s, s:o}", "name", "sfc:source",
								"value",
								json_path(installed->origin)));
	return r == 0 ? json_set(component, "properties", json_incref(properties)) : r;
}

/* Only what is surely an IRI. */
static int add_homepage(json_t *component, const char *url)
{
	if (strncmp(url, "http", 4) != 0 || strpbrk(url, " \"<>\\^`{|}%"))
		return 0;
	return json_set(component, "externalReferences",
			json_pack("[{s:s, s:o}]", "type", "website", "url", json_path(url)));
}

static json_t *package_json(const struct distribution *distribution,
			    const struct installed *installed)
{
	_cleanup_(text_release) struct text purl = TEXT_INIT;
	json_auto_t *component = NULL;
	int r;

	purl_add(&purl, distribution, installed);
	if (text_failed(&purl))
		return NULL;
	component = json_pack("{s:s, s:s, s:o}", "type", "library", "bom-ref", purl.bytes, "name",
			      json_path(installed->name));
	r = component ? 0 : -1;
	if (r == 0)
		r = set_text(component, "version", installed->version);
	if (r == 0)
		r = set_text(component, "publisher", installed->maintainer);
	if (r == 0)
		r = set_text(component, "description", installed->summary);
	if (r == 0 && *installed->license)
		r = json_set(component, "licenses",
			     json_pack("[{s:{s:o}}]", "license", "name",
				       json_path(installed->license)));
	if (r == 0)
		r = json_set(component, "purl", json_string(purl.bytes));
	if (r == 0)
		r = add_homepage(component, installed->url);
	if (r == 0)
		r = add_properties(component, installed);
	return r == 0 ? take(component) : NULL;
}

static json_t *system_json(const struct distribution *distribution)
{
	json_auto_t *component = json_pack("{s:s, s:s, s:o}", "type", "operating-system", "bom-ref",
					   "operating-system", "name", json_path(distribution->id));
	int r = component ? 0 : -1;

	if (r == 0)
		r = set_text(component, "version", distribution->version);
	if (r == 0)
		r = set_text(component, "description", distribution->name);
	return r == 0 ? take(component) : NULL;
}

static json_t *file_json(const char *path)
{
	return json_pack("{s:s, s:o}", "type", "file", "name", json_path(path));
}

static json_t *components_json(const struct distribution *distribution,
			       const struct sbom_subject *subject)
{
	json_auto_t *components = json_array();
	int r = components ? 0 : -1;

	if (r == 0 && *distribution->id)
		r = json_array_append_new(components, system_json(distribution));
	for (size_t i = 0; i < distribution->count && r == 0; i++)
		if (installed_is_present(&distribution->items[i]))
			r = json_array_append_new(components,
						  package_json(distribution,
							       &distribution->items[i]));
	for (size_t i = 0; subject->unowned && i < subject->unowned_count && r == 0; i++)
		r = json_array_append_new(components, file_json(subject->unowned[i]));
	return r == 0 ? take(components) : NULL;
}

/* ---- the document ---- */

static json_t *subject_json(const struct distribution *distribution,
			    const struct sbom_subject *subject)
{
	json_auto_t *component = json_pack("{s:s, s:s, s:o}", "type", "container", "bom-ref",
					   "subject", "name", json_path(subject->name));
	json_auto_t *properties = json_array();
	int r = component && properties ? 0 : -1;

	if (r == 0 && subject->version)
		r = set_text(component, "version", subject->version);
	if (r == 0)
		r = add_property(properties, "sfc:files:kept", subject->files);
	if (r == 0)
		r = add_property(properties, "sfc:files:unowned", subject->unowned_count);
	if (r == 0)
		r = add_property(properties, "sfc:packages:total", distribution->count);
	if (r == 0 && distribution->unread)
		r = json_array_append_new(properties,
					  json_pack("{s:s, s:s}", "name", "sfc:records:unread",
						    "value", distribution->unread));
	if (r == 0)
		r = json_set(component, "properties", json_incref(properties));
	return r == 0 ? take(component) : NULL;
}

static json_t *metadata_json(const struct distribution *distribution,
			     const struct sbom_subject *subject)
{
	time_t seconds = (time_t)subject->time;
	char created[32];
	struct tm tm;

	strftime(created, sizeof(created), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &tm));
	return json_pack("{s:s, s:{s:[{s:s, s:s, s:s}]}, s:o}", "timestamp", created, "tools",
			 "components", "type", "application", "name", "tracepack", "version",
			 PACKAGE_VERSION, "component", subject_json(distribution, subject));
}

/* Of what the document says: the same document has the same number. */
static int add_serial_number(json_t *json)
{
	_cleanup_(freep) char *text = json_dumps(json, JSON_COMPACT);
	char hex[DIGEST_HEX_SIZE], uuid[DIGEST_UUID_SIZE], urn[DIGEST_UUID_SIZE + 9];

	if (!text || digest_once_hex(text, strlen(text), hex) < 0)
		return -1;
	digest_uuid(hex, uuid);
	snprintf(urn, sizeof(urn), "urn:uuid:%s", uuid);
	return json_set(json, "serialNumber", json_string(urn));
}

json_t *sbom_json(const struct distribution *distribution, const struct sbom_subject *subject)
{
	json_auto_t *json = json_pack("{s:s, s:s, s:i, s:o, s:o}", "bomFormat", "CycloneDX",
				      "specVersion", SPEC_VERSION, "version", 1, "metadata",
				      metadata_json(distribution, subject), "components",
				      components_json(distribution, subject));

	return json && add_serial_number(json) == 0 ? take(json) : NULL;
}
