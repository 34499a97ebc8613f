// SPDX-License-Identifier: BSD-2-Clause
#include "pack/distro/reading.h"

#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"

enum { RECORDS_MAX = 256 * 1024 * 1024 };

/* ---- strings ---- */

char *reading_keep(struct reading *reading, char *text)
{
	if (text && array_push(&reading->distribution->texts, text) < 0) {
		free(text);
		return NULL;
	}
	return text;
}

const char *reading_keep_part(struct reading *reading, const char *start, size_t size)
{
	return reading_keep(reading, strndup(start, size));
}

char *reading_text(struct reading *reading, const char *path, int *ret)
{
	struct text text = TEXT_INIT;
	char *whole = NULL;

	*ret = source_read(reading->source, path, RECORDS_MAX, &text, reading->err);
	if (*ret == 0 && !(whole = reading_keep(reading, text_take(&text))))
		*ret = error_oom(reading->err);
	else if (source_has_none(*ret))
		*ret = 0;
	text_release(&text);
	return whole;
}

/* ---- files ---- */

/* Where the name is today, if another package moved it aside. */
static const char *undivert(const struct reading *reading, const char *name, const char *path)
{
	for (size_t i = 0; i + 2 < reading->diversion_count; i += 3)
		if (strcmp(reading->diversions[i], path) == 0 &&
		    strcmp(reading->diversions[i + 2], name) != 0)
			return reading->diversions[i + 1];
	return path;
}

int reading_add_file(struct reading *reading, struct installed *installed, const char *listed)
{
	struct packaged_file file = {.listed = listed};
	struct {
		struct packaged_file *items;
		size_t count, capacity;
	} files = {installed->files, installed->file_count, installed->file_capacity};
	int r;

	r = source_walk(reading->source, undivert(reading, installed->name, listed), 0, NULL, NULL,
			&file.file, NULL);
	if (r < 0 && r != -EACCES && !source_has_none(r)) /* a user does not see all */
		return error_code(reading->err, r, "cannot look for '%s'", listed);
	if (array_push(&files, file) < 0)
		return error_oom(reading->err);
	installed->files = files.items;
	installed->file_count = files.count;
	installed->file_capacity = files.capacity;
	return 0;
}

struct installed *reading_add(struct reading *reading, enum distribution_kind kind,
				       const char *record, size_t size)
{
	struct installed installed = {
		.kind = kind,	.name = "",    .version = "", .arch = "",    .origin = "",
		.license = "",	.url = "",     .maintainer = "", .summary = "", .list = "",
		.depends = "",	.provides = "",
		.record = record, .record_size = size,
	};
	struct distribution *distribution = reading->distribution;

	if (array_push(distribution, installed) < 0)
		return NULL;
	return &distribution->items[distribution->count - 1];
}

/* ---- records that are text ---- */

const char *reading_record(const char **text, size_t *ret_size)
{
	const char *start = *text + strspn(*text, "\n"), *end;

	if (!*start)
		return NULL;
	end = strstr(start, "\n\n");
	end = end ? end + 1 : start + strlen(start);
	*ret_size = (size_t)(end - start);
	*text = end;
	return start;
}

int reading_field(struct reading *reading, const struct installed *installed, const char *name,
		 const char **ret_value)
{
	const char *end = installed->record + installed->record_size, *line = installed->record;
	size_t length = strlen(name);

	for (; line < end; line = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1) {
		size_t size = strcspn(line, "\n");

		if (size >= length && memcmp(line, name, length) == 0) {
			line += length;
			line += strspn(line, " \t");
			*ret_value = reading_keep_part(reading, line, strcspn(line, "\n"));
			return *ret_value ? 0 : error_oom(reading->err);
		}
		if (line + size >= end)
			break;
	}
	return 0;
}
