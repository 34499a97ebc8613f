// SPDX-License-Identifier: BSD-2-Clause
#include "pack/distro/osv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/path.h"
#include "db/base/text.h"

enum { RECORD_MAX = 64 << 20 }; /* bytes */

/* ---- reading ---- */

static bool is_record(const json_t *record)
{
	return json_text(record, "id") && *json_text(record, "id") &&
	       (!json_object_get(record, "affected") || json_is_array(json_object_get(record, "affected")));
}

static int visit_file(const char *path, int (*visit)(const json_t *record, void *data, struct error *err), void *data,
		      struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	json_auto_t *record = NULL;
	int r = io_read_file(AT_FDCWD, path, RECORD_MAX, &text, err);

	if (r < 0)
		return r;
	r = json_read(text.bytes, text.size, RECORD_MAX, &record, err);
	if (r < 0)
		return error_prefix(err, r, "'%s'", path);
	if (!is_record(record))
		return error_set(err, -EBADMSG, "'%s' is no record of OSV: it has no id, or its affected is no list", path);
	return json_text(record, "withdrawn") ? 0 : visit(record, data, err);
}

static int is_json(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static int visit_directory(const char *path, int (*visit)(const json_t *record, void *data, struct error *err),
			   void *data, struct error *err)
{
	struct dirent **names = NULL;
	int count = scandir(path, &names, is_json, alphasort), r = 0;

	if (count < 0)
		return error_errno(err, "cannot list '%s'", path);
	for (int i = 0; i < count; i++) {
		_cleanup_(freep) char *file = path_join(path, names[i]->d_name);

		if (r == 0)
			r = file ? visit_file(file, visit, data, err) : error_oom(err);
		free(names[i]);
	}
	free(names);
	return r;
}

int osv_each(const char *path, int (*visit)(const json_t *record, void *data, struct error *err), void *data,
	     struct error *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return error_errno(err, "cannot read '%s'", path);
	return S_ISDIR(st.st_mode) ? visit_directory(path, visit, data, err) : visit_file(path, visit, data, err);
}

/* ---- which packages ---- */

/* ID of os-release, and the letter before a version in the ecosystem's name. */
static const struct {
	const char *ecosystem, *id, *before;
} ecosystems[] = {
	{"AlmaLinux", "almalinux", ""}, {"Alpine", "alpine", "v"},   {"Debian", "debian", ""},
	{"Red Hat", "rhel", ""},	{"Rocky Linux", "rocky", ""}, {"SUSE", "sles", ""},
	{"Ubuntu", "ubuntu", ""},	{"openSUSE", "opensuse-leap", ""}, {"openSUSE", "opensuse-tumbleweed", ""},
};

/* "12" is of "12", "v3.18" of "3.18.4"; what is written in more words (of Red Hat and SUSE) is not told apart. */
static bool is_release(const char *suffix, const char *before, const char *version)
{
	size_t length;

	if (strncmp(suffix, before, strlen(before)) == 0)
		suffix += strlen(before);
	length = strcspn(suffix, ":");
	if (!*version || strspn(suffix, "0123456789.") != length)
		return true;
	return strncmp(version, suffix, length) == 0 && (version[length] == '\0' || version[length] == '.');
}

static bool is_of(const char *ecosystem, const struct distribution *distribution)
{
	size_t length = strcspn(ecosystem, ":");

	for (size_t i = 0; i < sizeof(ecosystems) / sizeof(*ecosystems); i++)
		if (strlen(ecosystems[i].ecosystem) == length &&
		    strncmp(ecosystem, ecosystems[i].ecosystem, length) == 0 &&
		    strcmp(distribution->id, ecosystems[i].id) == 0 &&
		    (!ecosystem[length] || is_release(ecosystem + length + 1, ecosystems[i].before, distribution->version)))
			return true;
	return false;
}

static bool is_named(const char *name, const struct installed *installed)
{
	size_t length = strcspn(installed->origin, " ");

	return strcmp(name, installed->name) == 0 ||
	       (length && strlen(name) == length && strncmp(name, installed->origin, length) == 0);
}

bool osv_is_about(const json_t *record, const struct distribution *distribution, const struct installed *installed)
{
	const json_t *affected;
	size_t i;

	json_array_foreach(json_object_get(record, "affected"), i, affected) {
		const json_t *package = json_object_get(affected, "package");
		const char *ecosystem = json_text(package, "ecosystem"), *name = json_text(package, "name");

		if (ecosystem && name && is_named(name, installed) && is_of(ecosystem, distribution))
			return true;
	}
	return false;
}

/* ---- names ---- */

static int add_names(json_t *names, const json_t *list)
{
	const json_t *name;
	size_t i;

	json_array_foreach(list, i, name)
		if (json_is_string(name) && json_set(names, json_string_value(name), json_true()) < 0)
			return -ENOMEM;
	return 0;
}

static int visit_alone(const char *name, const json_t *names,
		       int (*visit)(const char *name, const json_t *aliases, void *data), void *data)
{
	json_auto_t *aliases = json_copy((json_t *)names);

	if (!aliases)
		return -ENOMEM;
	json_object_del(aliases, name);
	return visit(name, aliases, data);
}

int osv_each_name(const json_t *record, int (*visit)(const char *name, const json_t *aliases, void *data), void *data)
{
	json_auto_t *names = json_object(), *none = json_object();
	const char *id = json_text(record, "id"), *name, *cve = NULL;
	size_t cves = 0;
	json_t *value;
	int r = 0;

	if (!names || !none || json_set(names, id, json_true()) < 0 ||
	    add_names(names, json_object_get(record, "aliases")) < 0 ||
	    add_names(names, json_object_get(record, "upstream")) < 0)
		return -ENOMEM;
	json_object_foreach(names, name, value)
		if (strncmp(name, "CVE-", 4) == 0) {
			cve = name;
			cves++;
		}
	if (cves < 2)
		return visit_alone(cve ? cve : id, names, visit, data);
	json_object_foreach(names, name, value)
		if (r == 0 && strncmp(name, "CVE-", 4) == 0)
			r = visit(name, none, data);
	return r;
}
