// SPDX-License-Identifier: BSD-2-Clause
#include "pack/distro/read.h"

#include <string.h>

#include "db/base/cleanup.h"
#include "pack/distro/read_apk.h"
#include "pack/distro/read_dpkg.h"
#include "pack/distro/read_rpm.h"
#include "pack/distro/reading.h"

/*
 * Directories, once all files are there. A record does not say which names are ones; where /lib has
 * become a link since, it is known by what the package has below it, or by standing at the top.
 */
static void find_directories(struct installed *installed)
{
	for (size_t i = 0; i < installed->file_count; i++) {
		struct packaged_file *packaged = &installed->files[i];
		const char *next = i + 1 < installed->file_count ? packaged[1].listed : "";
		size_t length = strlen(packaged->listed);

		packaged->is_directory =
			packaged->file &&
			(packaged->file->kind == ENTRY_DIR ||
			 (packaged->file->kind == ENTRY_LINK &&
			  (!strchr(packaged->listed + 1, '/') ||
			   (strncmp(next, packaged->listed, length) == 0 && next[length] == '/'))));
	}
}

/* NAME=value, NAME="value"; "" when it does not say. */
static char *os_release_value(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (strncmp(line, name, length) != 0 || line[length] != '=')
			continue;
		line += length + 1;
		line += *line == '"' || *line == '\'';
		return strndup(line, strcspn(line, "\"'\n"));
	}
	return strdup("");
}

static int read_os_release(struct reading *reading)
{
	struct distribution *distribution = reading->distribution;
	const char *text;
	int r;

	text = reading_text(reading, "/etc/os-release", &r);
	if (r == 0 && !text)
		text = reading_text(reading, "/usr/lib/os-release", &r);
	if (r < 0)
		return r;
	distribution->id = reading_keep(reading, os_release_value(text ? text : "", "ID"));
	distribution->version = reading_keep(reading, os_release_value(text ? text : "", "VERSION_ID"));
	distribution->name = reading_keep(reading, os_release_value(text ? text : "", "PRETTY_NAME"));
	return distribution->id && distribution->version && distribution->name
		       ? 0
		       : error_oom(reading->err);
}

int distribution_read(struct source *source, struct distribution *ret_distribution,
		      struct error *err)
{
	_cleanup_(distribution_release) struct distribution distribution = {.source = source, .rpm = RPM_DATABASE_INIT};
	struct reading reading = {.distribution = &distribution, .source = source, .err = err};
	int r;

	r = read_os_release(&reading);
	if (r == 0)
		r = distribution_read_dpkg(&reading);
	if (r == 0)
		r = distribution_read_apk(&reading);
	if (r == 0)
		r = distribution_read_rpm(&reading);
	if (r < 0)
		return r;
	for (size_t i = 0; i < distribution.count; i++)
		find_directories(&distribution.items[i]);
	*ret_distribution = distribution;
	distribution = (struct distribution){0};
	return 0;
}
