// SPDX-License-Identifier: BSD-2-Clause
#include "pack/packages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/base/text.h"

enum { RECORDS_MAX = 256 * 1024 * 1024 };

static const char dpkg_info[] = "/var/lib/dpkg/info";
static const char apk_installed[] = "/lib/apk/db/installed";

/* Whose files are asked for, and who wants them. */
struct asked {
	struct source *source;
	const char *pattern;
	int (*visit)(const char *path, void *data);
	void *data;
	struct error *err;
};

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
	const struct asked *asked = data;
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
			r = asked->visit(line, asked->data);
	return r;
}

/* Records of "P:name", "F:directory" and "R:file in it" lines. */
static int visit_apk(const struct asked *asked, char *text)
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
				       : asked->visit(path.bytes, asked->data);
	}
	return r;
}

int packages_files(struct source *source, const char *pattern,
		   int (*visit)(const char *path, void *data), void *data, struct error *err)
{
	struct asked asked = {source, pattern, visit, data, err};
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r;

	r = source_list(source, dpkg_info, visit_dpkg_list, &asked, err);
	if (r != 0)
		return r;
	r = source_read(source, apk_installed, RECORDS_MAX, &text, err);
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	return r < 0 ? r : visit_apk(&asked, text.bytes);
}
