// SPDX-License-Identifier: BSD-2-Clause
#include "pack/distro/packages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "pack/distro/rpm.h"
#include "pack/distro/rpm_header.h"

enum { RECORDS_MAX = 256 * 1024 * 1024 };

static const char dpkg_info[] = "/var/lib/dpkg/info";
static const char *const apk_installed[] = {"/lib/apk/db/installed", "/usr/lib/apk/db/installed"};

/* Whose files are asked for, and who wants them. */
struct asked {
	struct source *source;
	const char *pattern;
	int (*visit)(const char *path, void *data);
	void *data;
	struct error *err;
	bool any; /* something was visited */
};

static int visit(struct asked *asked, const char *path)
{
	asked->any = true;
	return asked->visit(path, asked->data);
}

static bool name_matches(const char *pattern, const char *name, size_t length)
{
	char path[512];

	if (length > sizeof(path) - 2)
		return false;
	path[0] = '/';
	memcpy(path + 1, name, length);
	path[length + 1] = '\0';
	return path_match(pattern, path);
}

/* NAME.list or NAME:ARCH.list, a path a line. */
static int visit_dpkg_list(const char *name, void *data)
{
	struct asked *asked = data;
	const char *end = strrchr(name, '.');
	_cleanup_(text_release) struct text text = TEXT_INIT;
	_cleanup_(freep) char *path = NULL;
	char *saved;
	int r;

	if (!end || strcmp(end, ".list") != 0 ||
	    (!name_matches(asked->pattern, name, strcspn(name, ":") < (size_t)(end - name)
							  ? strcspn(name, ":")
							  : (size_t)(end - name))))
		return 0;
	path = path_join(dpkg_info, name);
	if (!path)
		return error_oom(asked->err);
	r = source_read(asked->source, path, RECORDS_MAX, &text, asked->err);
	for (char *line = strtok_r(text.bytes, "\n", &saved); line && r == 0;
	     line = strtok_r(NULL, "\n", &saved))
		if (line[0] == '/' && strcmp(line, "/.") != 0)
			r = visit(asked, line);
	return r;
}

/* Records of "P:name", "F:directory" and "R:file in it" lines. */
static int visit_apk_records(struct asked *asked, char *text)
{
	_cleanup_(text_release) struct text path = TEXT_INIT;
	const char *directory = "";
	bool wanted = false;
	char *saved;
	int r = 0;

	for (char *line = strtok_r(text, "\n", &saved); line && r == 0;
	     line = strtok_r(NULL, "\n", &saved)) {
		if (line[0] == '\0' || line[1] != ':')
			continue;
		if (line[0] == 'P')
			wanted = name_matches(asked->pattern, line + 2, strlen(line + 2));
		if (line[0] == 'F')
			directory = line + 2;
		if (!wanted || (line[0] != 'F' && line[0] != 'R'))
			continue;
		text_clear(&path);
		text_printf(&path, "/%s", directory);
		if (line[0] == 'R')
			text_printf(&path, "%s%s", *directory ? "/" : "", line + 2);
		r = text_failed(&path) ? error_oom(asked->err)
				       : visit(asked, path.bytes);
	}
	return r;
}

static int visit_apk(struct asked *asked)
{
	int r = 0;

	for (size_t i = 0; i < sizeof(apk_installed) / sizeof(*apk_installed) && r == 0; i++) {
		_cleanup_(text_release) struct text text = TEXT_INIT;

		r = source_read(asked->source, apk_installed[i], RECORDS_MAX, &text, asked->err);
		if (r == -ENOENT || r == -ENOTDIR || r == -ELOOP)
			r = 0;
		else if (r == 0)
			r = visit_apk_records(asked, text.bytes);
	}
	return r;
}

static int visit_rpm_files(struct asked *asked, const struct rpm_header *header)
{
	_cleanup_(text_release) struct text path = TEXT_INIT;
	_cleanup_(rpm_files_end) struct rpm_files files;
	int r = 0;

	if (rpm_files_begin(header, &files) < 0)
		return error_oom(asked->err);
	while (r == 0 && rpm_files_next(&files, &path))
		r = text_failed(&path) ? error_oom(asked->err) : visit(asked, path.bytes);
	return r;
}

static int visit_rpm(struct asked *asked)
{
	_cleanup_(rpm_database_release) struct rpm_database database = RPM_DATABASE_INIT;
	int r = rpm_read(asked->source, &database, asked->err);
	const char *at = database.stream.bytes, *end = at + database.stream.size;
	struct rpm_header header;

	/* whoever was found elsewhere does not need it */
	if (r < 0)
		return r == -ENOPKG && asked->any ? 0 : r;
	while ((r = rpm_header_next(&at, end, &header)) > 0) {
		const char *name = rpm_header_string(&header, RPM_NAME);

		if (!name || !name_matches(asked->pattern, name, strlen(name)))
			continue;
		r = visit_rpm_files(asked, &header);
		if (r != 0)
			return r;
	}
	return r < 0 ? error_set(asked->err, r, "what rpmdb says of '%s' cannot be understood",
				 database.directory)
		     : 0;
}

int packages_files(struct source *source, const char *pattern,
		   int (*visit_path)(const char *path, void *data), void *data, struct error *err)
{
	struct asked asked = {source, pattern, visit_path, data, err, false};
	int r = source_list(source, dpkg_info, visit_dpkg_list, &asked, err);

	if (r == 0)
		r = visit_apk(&asked);
	return r != 0 ? r : visit_rpm(&asked);
}
