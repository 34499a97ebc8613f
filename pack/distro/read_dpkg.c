// SPDX-License-Identifier: BSD-2-Clause
/* The records of dpkg: status with info/, or status.d/ of images without dpkg. */
#include "pack/distro/read_dpkg.h"

#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/path.h"

static const char dpkg_status[] = "/var/lib/dpkg/status";
static const char dpkg_status_d[] = "/var/lib/dpkg/status.d";
static const char dpkg_info[] = "/var/lib/dpkg/info";
static const char dpkg_diversions[] = "/var/lib/dpkg/diversions";

/* What it needs to be unpacked and what it needs to run is one list to us. */
static int dpkg_depends(struct reading *reading, struct installed *installed)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const char *before = "", *depends = "";
	int r = reading_field(reading, installed, "Pre-Depends:", &before);

	if (r == 0)
		r = reading_field(reading, installed, "Depends:", &depends);
	if (r < 0)
		return r;
	text_printf(&text, "%s%s%s", before, *before && *depends ? ", " : "", depends);
	installed->depends = text_failed(&text) ? NULL : reading_keep_part(reading, text.bytes, text.size);
	return installed->depends ? 0 : error_oom(reading->err);
}

static int dpkg_fields(struct reading *reading, struct installed *installed)
{
	const struct {
		const char *name, **value;
	} fields[] = {
		{"Package:", &installed->name},	       {"Version:", &installed->version},
		{"Architecture:", &installed->arch},   {"Source:", &installed->origin},
		{"Homepage:", &installed->url},	       {"Maintainer:", &installed->maintainer},
		{"Description:", &installed->summary}, {"Provides:", &installed->provides},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(fields) / sizeof(*fields); i++)
		r = reading_field(reading, installed, fields[i].name, fields[i].value);
	return r < 0 ? r : dpkg_depends(reading, installed);
}

/* A path a line; "/." is the root. */
static int dpkg_list_files(struct reading *reading, struct installed *installed, char *text)
{
	char *saved;
	int r = 0;

	for (char *line = strtok_r(text, "\n", &saved); line && r == 0;
	     line = strtok_r(NULL, "\n", &saved))
		if (line[0] == '/' && line[1] != '\0' && strcmp(line, "/.") != 0)
			r = reading_add_file(reading, installed, line);
	return r;
}

/* "md5  usr/bin/x" a line. */
static int dpkg_md5sums_files(struct reading *reading, struct installed *installed, char *text)
{
	char *saved;
	int r = 0;

	for (char *line = strtok_r(text, "\n", &saved); line && r == 0;
	     line = strtok_r(NULL, "\n", &saved)) {
		const char *path = strstr(line, "  ");
		_cleanup_(freep) char *listed = NULL;

		if (!path)
			continue;
		listed = path_canonicalize(path + 2);
		if (!listed || !(path = reading_keep_part(reading, listed, strlen(listed))))
			return error_oom(reading->err);
		r = reading_add_file(reading, installed, path);
	}
	return r;
}

/* info/NAME.list, or info/NAME:ARCH.list where a package may be there for several. */
static int dpkg_files(struct reading *reading, struct installed *installed)
{
	int r = 0;

	for (int with_arch = 0; with_arch < 2; with_arch++) {
		_cleanup_(text_release) struct text path = TEXT_INIT;
		char *text;

		text_printf(&path, "%s/%s%s%s.list", dpkg_info, installed->name,
			    with_arch ? ":" : "", with_arch ? installed->arch : "");
		if (text_failed(&path))
			return error_oom(reading->err);
		text = reading_text(reading, path.bytes, &r);
		if (r < 0)
			return r;
		if (!text)
			continue;
		installed->list = reading_keep_part(reading, path.bytes, path.size);
		if (!installed->list)
			return error_oom(reading->err);
		return dpkg_list_files(reading, installed, text);
	}
	return 0;
}

static int read_status(struct reading *reading)
{
	const char *record, *status, *text;
	size_t size;
	int r;

	text = reading_text(reading, dpkg_status, &r);
	while (r == 0 && text && (record = reading_record(&text, &size))) {
		struct installed *installed = reading_add(reading, DISTRIBUTION_DPKG, record, size);

		if (!installed)
			return error_oom(reading->err);
		status = "";
		r = reading_field(reading, installed, "Status:", &status);
		if (r == 0 && !strstr(status, " installed")) {
			reading->distribution->count--; /* only its configuration is left */
			continue;
		}
		if (r == 0)
			r = dpkg_fields(reading, installed);
		if (r == 0)
			r = dpkg_files(reading, installed);
	}
	return r;
}

/* status.d/NAME, with status.d/NAME.md5sums. */
static int read_dpkg_d(const char *name, void *data)
{
	struct reading *reading = data;
	_cleanup_(freep) char *path = path_join(dpkg_status_d, name);
	_cleanup_(text_release) struct text list = TEXT_INIT;
	struct installed *installed;
	char *text;
	int r;

	if (!path)
		return error_oom(reading->err);
	if (strstr(name, ".md5sums"))
		return 0;
	text = reading_text(reading, path, &r);
	if (r < 0 || !text)
		return r;
	installed = reading_add(reading, DISTRIBUTION_DPKG_D, text, strlen(text));
	if (!installed)
		return error_oom(reading->err);
	r = dpkg_fields(reading, installed);
	text_printf(&list, "%s.md5sums", path);
	installed->list = reading_keep_part(reading, list.bytes, list.size);
	if (!installed->list)
		return error_oom(reading->err);
	text = r == 0 ? reading_text(reading, list.bytes, &r) : NULL;
	return text ? dpkg_md5sums_files(reading, installed, text) : r;
}

/* Three lines each: from, to, package (":" for the administrator). */
static int read_diversions(struct reading *reading)
{
	ARRAY(const char *) lines = ARRAY_INIT;
	char *text, *saved;
	int r;

	text = reading_text(reading, dpkg_diversions, &r);
	for (char *line = text ? strtok_r(text, "\n", &saved) : NULL; line && r == 0;
	     line = strtok_r(NULL, "\n", &saved))
		r = array_push(&lines, line);
	reading->diversions = lines.items;
	reading->diversion_count = lines.count;
	return r == -ENOMEM ? error_oom(reading->err) : r;
}

int distribution_read_dpkg(struct reading *reading)
{
	int r = read_diversions(reading);

	if (r == 0)
		r = read_status(reading);
	if (r == 0)
		r = source_list(reading->source, dpkg_status_d, read_dpkg_d, reading, reading->err);
	free(reading->diversions);
	reading->diversions = NULL;
	reading->diversion_count = 0;
	return r;
}
