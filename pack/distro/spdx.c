// SPDX-License-Identifier: BSD-2-Clause
#include "pack/distro/spdx.h"

#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/text.h"

#define NOTHING "NOASSERTION"
#define SUBJECT "SPDXRef-Subject"

/* The text of a member, or what SPDX has for none. */
static const char *text_of(const json_t *object, const char *name, const char *otherwise)
{
	const char *text = json_text(object, name);

	return text && *text ? text : otherwise;
}

/* "SPDXRef-3-libc6": letters, digits, "." and "-" alone. */
static void add_id(struct text *text, size_t number, const char *name)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-";

	text_printf(text, "SPDXRef-%zu-", number);
	for (; *name; name++)
		text_add_char(text, strchr(plain, *name) ? *name : '-');
}

/* "A Team <a@example.org>" → "Organization: A Team (a@example.org)". */
static int set_supplier(json_t *package, const json_t *component)
{
	const char *who = text_of(component, "publisher", NULL), *mail = who ? strchr(who, '<') : NULL;
	_cleanup_(text_release) struct text text = TEXT_INIT;

	if (!who)
		return json_set(package, "supplier", json_string(NOTHING));
	text_printf(&text, "Organization: %.*s", (int)(mail ? mail - who : (long)strlen(who)), who);
	while (text.size && text.bytes[text.size - 1] == ' ')
		text.bytes[--text.size] = '\0';
	if (mail && mail[1])
		text_printf(&text, " (%.*s)", (int)strcspn(mail + 1, ">"), mail + 1);
	return text_failed(&text) ? -1 : json_set(package, "supplier", json_string(text.bytes));
}

/* A license in words is no expression of SPDX's. */
static int set_license(json_t *package, const json_t *component)
{
	const json_t *first = json_array_get(json_object_get(component, "licenses"), 0);
	const char *name = text_of(json_object_get(first, "license"), "name", NULL);

	if (json_set(package, "licenseConcluded", json_string(NOTHING)) < 0 ||
	    json_set(package, "licenseDeclared", json_string(NOTHING)) < 0 ||
	    json_set(package, "copyrightText", json_string(NOTHING)) < 0)
		return -1;
	return name ? json_set(package, "licenseComments", json_string(name)) : 0;
}

/* "sfc:files:kept 3, sfc:files:total 12": what CycloneDX has properties for. */
static int set_comment(json_t *package, const json_t *component)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	json_t *property;
	size_t i;

	json_array_foreach(json_object_get(component, "properties"), i, property) {
		const char *name = text_of(property, "name", NULL), *value = text_of(property, "value", NULL);

		if (name && value)
			text_printf(&text, "%s%s %s", text.size ? ", " : "", name, value);
	}
	if (text_failed(&text))
		return -1;
	return text.size ? json_set(package, "comment", json_string(text.bytes)) : 0;
}

static int set_references(json_t *package, const json_t *component)
{
	const char *purl = text_of(component, "purl", NULL);
	const json_t *first = json_array_get(json_object_get(component, "externalReferences"), 0);
	const char *url = text_of(first, "url", NULL);

	if (url && json_set(package, "homepage", json_string(url)) < 0)
		return -1;
	if (!purl)
		return 0;
	return json_set(package, "externalRefs",
			json_pack("[{s:s, s:s, s:s}]", "referenceCategory", "PACKAGE-MANAGER", "referenceType", "purl",
				  "referenceLocator", purl));
}

static json_t *package_json(const json_t *component, const char *id, const char *purpose)
{
	json_auto_t *package = json_pack("{s:s, s:s, s:s, s:b, s:s}", "SPDXID", id, "name",
					 text_of(component, "name", "unnamed"), "downloadLocation", NOTHING,
					 "filesAnalyzed", 0, "primaryPackagePurpose", purpose);
	const char *version = text_of(component, "version", NULL), *summary = text_of(component, "description", NULL);
	int r = package ? 0 : -1;

	if (r == 0 && version)
		r = json_set(package, "versionInfo", json_string(version));
	if (r == 0 && summary)
		r = json_set(package, "summary", json_string(summary));
	if (r == 0)
		r = set_supplier(package, component);
	if (r == 0)
		r = set_license(package, component);
	if (r == 0)
		r = set_references(package, component);
	if (r == 0)
		r = set_comment(package, component);
	return r == 0 ? json_incref(package) : NULL;
}

static int add_relationship(json_t *relationships, const char *from, const char *what, const char *to)
{
	return json_array_append_new(relationships,
				     json_pack("{s:s, s:s, s:s}", "spdxElementId", from, "relationshipType", what,
					       "relatedSpdxElement", to));
}

static int add_component(const json_t *component, size_t number, json_t *packages, json_t *relationships)
{
	bool system = strcmp(text_of(component, "type", ""), "operating-system") == 0;
	_cleanup_(text_release) struct text id = TEXT_INIT;

	if (!system && strcmp(text_of(component, "type", ""), "library") != 0)
		return 0;
	add_id(&id, number, text_of(component, "name", "unnamed"));
	if (text_failed(&id) ||
	    json_array_append_new(packages, package_json(component, id.bytes,
							 system ? "OPERATING-SYSTEM" : "LIBRARY")) < 0)
		return -1;
	return add_relationship(relationships, SUBJECT, "CONTAINS", id.bytes);
}

static int add_all(const json_t *bill, json_t *packages, json_t *relationships)
{
	const json_t *subject = json_object_get(json_object_get(bill, "metadata"), "component");
	json_t *component;
	size_t i;

	if (json_array_append_new(packages, package_json(subject, SUBJECT, "CONTAINER")) < 0 ||
	    add_relationship(relationships, "SPDXRef-DOCUMENT", "DESCRIBES", SUBJECT) < 0)
		return -1;
	json_array_foreach(json_object_get(bill, "components"), i, component)
		if (add_component(component, i, packages, relationships) < 0)
			return -1;
	return 0;
}

/* The number that the bill has is this document's, too. */
static int set_namespace(json_t *document, const json_t *bill)
{
	const char *urn = text_of(bill, "serialNumber", "urn:uuid:none");
	const char *uuid = strncmp(urn, "urn:uuid:", 9) == 0 ? urn + 9 : "none";

	if (uuid[strspn(uuid, "0123456789abcdef-")])
		uuid = "none";
	return json_set(document, "documentNamespace", json_sprintf("https://spdx.org/spdxdocs/tracepack-%s", uuid));
}

json_t *spdx_json(const json_t *bill)
{
	const json_t *metadata = json_object_get(bill, "metadata");
	json_auto_t *packages = json_array(), *relationships = json_array(), *document = NULL;

	if (!packages || !relationships || add_all(bill, packages, relationships) < 0)
		return NULL;
	document = json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:[s]}, s:O, s:O}", "spdxVersion", "SPDX-2.3", "dataLicense",
			     "CC0-1.0", "SPDXID", "SPDXRef-DOCUMENT", "name",
			     text_of(json_object_get(metadata, "component"), "name", "unnamed"), "creationInfo",
			     "created", text_of(metadata, "timestamp", "1970-01-01T00:00:00Z"), "creators",
			     "Tool: tracepack-" PACKAGE_VERSION, "packages", packages, "relationships", relationships);
	return document && set_namespace(document, bill) == 0 ? json_incref(document) : NULL;
}
