// SPDX-License-Identifier: BSD-2-Clause
/* The records of apk: one file, `installed`. */
#include "pack/distro/read_apk.h"

#include <string.h>

#include "db/base/cleanup.h"

static const char *const apk_paths[] = {"/lib/apk/db/installed", "/usr/lib/apk/db/installed"};

/* "F:directory" and "R:file in it" lines. */
static int apk_files(struct reading *reading, struct installed *installed)
{
	const char *end = installed->record + installed->record_size, *directory = "";
	size_t directory_size = 0;
	int r = 0;

	for (const char *line = installed->record; r == 0 && line < end;
	     line += strcspn(line, "\n") + 1) {
		size_t size = strcspn(line, "\n");
		_cleanup_(text_release) struct text path = TEXT_INIT;
		const char *listed;

		if (size < 2 || line[1] != ':' || (line[0] != 'F' && line[0] != 'R'))
			continue;
		if (line[0] == 'F') {
			directory = line + 2;
			directory_size = size - 2;
			continue;
		}
		text_printf(&path, "/%.*s%s%.*s", (int)directory_size, directory,
			    directory_size ? "/" : "", (int)(size - 2), line + 2);
		listed = text_failed(&path) ? NULL : reading_keep_part(reading, path.bytes, path.size);
		if (!listed)
			return error_oom(reading->err);
		r = reading_add_file(reading, installed, listed);
	}
	return r;
}

static int apk_fields(struct reading *reading, struct installed *installed)
{
	const struct {
		const char *name, **value;
	} fields[] = {
		{"P:", &installed->name}, {"V:", &installed->version},	  {"A:", &installed->arch},
		{"o:", &installed->origin}, {"L:", &installed->license}, {"U:", &installed->url},
		{"m:", &installed->maintainer}, {"T:", &installed->summary},
		{"D:", &installed->depends}, {"p:", &installed->provides},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(fields) / sizeof(*fields); i++)
		r = reading_field(reading, installed, fields[i].name, fields[i].value);
	return r;
}

int distribution_read_apk(struct reading *reading)
{
	const char *text = NULL, *record;
	size_t size;
	int r = 0;

	for (size_t i = 0; r == 0 && !text && i < sizeof(apk_paths) / sizeof(*apk_paths); i++) {
		text = reading_text(reading, apk_paths[i], &r);
		reading->distribution->apk_path = apk_paths[i];
	}
	while (r == 0 && text && (record = reading_record(&text, &size))) {
		struct installed *installed = reading_add(reading, DISTRIBUTION_APK, record, size);

		if (!installed)
			return error_oom(reading->err);
		r = apk_fields(reading, installed);
		if (r == 0)
			r = apk_files(reading, installed);
	}
	return r;
}
