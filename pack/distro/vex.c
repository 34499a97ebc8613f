// SPDX-License-Identifier: BSD-2-Clause
#include "pack/distro/vex.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/digest.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "pack/distro/osv.h"
#include "pack/distro/purl.h"

void vex_release(struct vex *vex)
{
	json_decref(vex->statements);
}

size_t vex_count(const struct vex *vex)
{
	return json_object_size(vex->statements);
}

/* ---- what is not there ---- */

/* One record, and the packages it is about that are not there. */
struct finding {
	struct vex *vex;
	json_t *absent; /* {URL: true} */
};

/* The member, an object, which is made where there is none. */
static json_t *member(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (!value && json_set(object, key, json_object()) == 0)
		value = json_object_get(object, key);
	return value;
}

static int add_statement(const char *name, const json_t *aliases, void *data)
{
	struct finding *finding = data;
	json_t *statement = member(finding->vex->statements, name);

	return statement && json_object_update(member(statement, "aliases"), (json_t *)aliases) == 0 &&
			       json_object_update(member(statement, "absent"), finding->absent) == 0
		       ? 0
		       : -ENOMEM;
}

static int take_package(struct finding *finding, const struct installed *installed)
{
	_cleanup_(text_release) struct text url = TEXT_INIT;

	purl_add(&url, finding->vex->distribution, installed);
	return text_failed(&url) ? -ENOMEM : json_set(finding->absent, url.bytes, json_true());
}

static int take_record(const json_t *record, void *data, struct error *err)
{
	struct vex *vex = data;
	const struct distribution *distribution = vex->distribution;
	json_auto_t *absent = json_object();
	struct finding finding = {.vex = vex, .absent = absent};
	bool present = false;
	int r = absent ? 0 : -ENOMEM;

	for (size_t i = 0; i < distribution->count && r == 0; i++) {
		const struct installed *installed = &distribution->items[i];

		if (!osv_is_about(record, distribution, installed))
			continue;
		if (installed_is_present(installed))
			present = true;
		else
			r = take_package(&finding, installed);
	}
	vex->records++;
	vex->present += present;
	if (r == 0 && json_object_size(absent))
		r = osv_each_name(record, add_statement, &finding);
	return r < 0 ? error_oom(err) : 0;
}

int vex_add(struct vex *vex, const char *path, struct error *err)
{
	if (!vex->statements)
		vex->statements = json_object();
	return vex->statements ? osv_each(path, take_record, vex, err) : error_oom(err);
}

/* ---- documents ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The keys of an object in order, the caller frees; NULL: out of memory. */
static const char **sorted_keys(const json_t *object)
{
	const char **keys = calloc(json_object_size(object) + 1, sizeof(*keys)), *key;
	json_t *value;
	size_t count = 0;

	json_object_foreach((json_t *)object, key, value)
		if (keys)
			keys[count++] = key;
	if (keys)
		sort_items(keys, count, sizeof(*keys), by_text);
	return keys;
}

/* A list of what `make` makes of each key. */
static json_t *list(const json_t *object, json_t *(*make)(const char *key, const json_t *value))
{
	_cleanup_(freep) const char **keys = sorted_keys(object);
	json_auto_t *array = json_array();
	int r = keys && array ? 0 : -1;

	for (size_t i = 0; r == 0 && keys[i]; i++)
		r = json_array_append_new(array, make(keys[i], json_object_get(object, keys[i])));
	return r == 0 ? json_incref(array) : NULL;
}

static void spell_time(int64_t time, char ret_text[32])
{
	time_t seconds = (time_t)time;
	struct tm tm;

	strftime(ret_text, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &tm));
}

/* What a document is called by: of what it says. */
static int add_identity(json_t *json, const char *member_name)
{
	_cleanup_(freep) char *text = json_dumps(json, JSON_COMPACT);
	char hex[DIGEST_HEX_SIZE], uuid[DIGEST_UUID_SIZE], urn[DIGEST_UUID_SIZE + 9];

	if (!text || digest_once_hex(text, strlen(text), hex) < 0)
		return -1;
	digest_uuid(hex, uuid);
	snprintf(urn, sizeof(urn), "urn:uuid:%s", uuid);
	return json_set(json, member_name, json_string(urn));
}

/* ---- OpenVEX ---- */

static json_t *plain_json(const char *key, const json_t *value)
{
	(void)value;
	return json_path(key);
}

static json_t *subcomponent_json(const char *key, const json_t *value)
{
	(void)value;
	return json_pack("{s:s}", "@id", key);
}

static json_t *openvex_statement(const char *name, const json_t *statement, const char *product)
{
	const json_t *aliases = json_object_get(statement, "aliases");
	json_auto_t *weakness = json_pack("{s:o}", "name", json_path(name));

	if (!weakness || (json_object_size(aliases) && json_set(weakness, "aliases", list(aliases, plain_json)) < 0))
		return NULL;
	return json_pack("{s:O, s:[{s:s, s:o}], s:s, s:s}", "vulnerability", weakness, "products", "@id", product,
			 "subcomponents", list(json_object_get(statement, "absent"), subcomponent_json), "status",
			 "not_affected", "justification", "component_not_present");
}

json_t *vex_openvex(const struct vex *vex, const struct vex_subject *subject)
{
	_cleanup_(freep) const char **names = sorted_keys(vex->statements);
	json_auto_t *statements = json_array(), *json = NULL;
	char time[32];
	int r = names && statements ? 0 : -1;

	for (size_t i = 0; r == 0 && names[i]; i++)
		r = json_array_append_new(statements, openvex_statement(names[i], json_object_get(vex->statements, names[i]),
									subject->product));
	spell_time(subject->time, time);
	if (r == 0)
		json = json_pack("{s:s, s:o, s:s, s:i, s:s, s:O}", "@context", "https://openvex.dev/ns/v0.2.0", "author",
				 json_path(subject->author), "timestamp", time, "version", 1, "tooling",
				 "sfc-tools " PACKAGE_VERSION, "statements", statements);
	return json && add_identity(json, "@id") == 0 ? json_incref(json) : NULL;
}

/* ---- CycloneDX ---- */

static json_t *affect_json(const char *key, const json_t *value)
{
	(void)value;
	return json_pack("{s:s}", "ref", key);
}

static json_t *weakness_json(const char *name, const json_t *statement)
{
	return json_pack("{s:o, s:{s:s, s:s}, s:o}", "id", json_path(name), "analysis", "state", "not_affected",
			 "justification", "code_not_present", "affects",
			 list(json_object_get(statement, "absent"), affect_json));
}

/* What a statement names has to be a component, and one that is not there is "excluded". */
static json_t *excluded_json(const struct installed *installed, const char *url)
{
	json_auto_t *component = json_pack("{s:s, s:s, s:o, s:s, s:s}", "type", "library", "bom-ref", url, "name",
					   json_path(installed->name), "scope", "excluded", "purl", url);

	if (component && *installed->version && json_set(component, "version", json_path(installed->version)) < 0)
		return NULL;
	return json_incref(component);
}

static int add_components(const struct vex *vex, json_t *components)
{
	json_auto_t *named = json_object();
	const char *name, *url;
	json_t *statement, *value;

	if (!named)
		return -1;
	json_object_foreach(vex->statements, name, statement)
		json_object_foreach(json_object_get(statement, "absent"), url, value)
			if (json_set(named, url, json_true()) < 0)
				return -1;
	for (size_t i = 0; i < vex->distribution->count; i++) {
		const struct installed *installed = &vex->distribution->items[i];
		_cleanup_(text_release) struct text text = TEXT_INIT;

		purl_add(&text, vex->distribution, installed);
		if (text_failed(&text))
			return -1;
		/* two entries of one name and architecture are one */
		if (json_object_del(named, text.bytes) == 0 &&
		    json_array_append_new(components, excluded_json(installed, text.bytes)) < 0)
			return -1;
	}
	return 0;
}

json_t *vex_cyclonedx(const struct vex *vex, const struct vex_subject *subject)
{
	json_auto_t *components = json_array(), *json = NULL;
	char time[32];

	spell_time(subject->time, time);
	if (!components || add_components(vex, components) < 0)
		return NULL;
	json = json_pack("{s:s, s:s, s:i, s:{s:s, s:[{s:o}], s:{s:[{s:s, s:s, s:s}]}, s:{s:s, s:s, s:o, s:s}}, s:O, s:o}",
			 "bomFormat", "CycloneDX", "specVersion", "1.5", "version", 1, "metadata", "timestamp", time,
			 "authors", "name", json_path(subject->author), "tools", "components", "type", "application", "name",
			 "tracepack", "version", PACKAGE_VERSION, "component", "type", "container", "bom-ref", "subject",
			 "name", json_path(subject->name), "purl", subject->product, "components", components,
			 "vulnerabilities", list(vex->statements, weakness_json));
	return json && add_identity(json, "serialNumber") == 0 ? json_incref(json) : NULL;
}
