// SPDX-License-Identifier: BSD-2-Clause
#include "pack/distro/read.h"

#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/path.h"

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
	if (r < 0 && !source_has_none(r))
		return error_code(reading->err, r, "cannot look for '%s'", listed);
	if (array_push(&files, file) < 0)
		return error_oom(reading->err);
	installed->files = files.items;
	installed->file_count = files.count;
	installed->file_capacity = files.capacity;
	return 0;
}

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

struct installed *reading_add(struct reading *reading, enum distribution_kind kind,
				       const char *record, size_t size)
{
	struct installed installed = {
		.kind = kind,	.name = "",    .version = "", .arch = "",    .origin = "",
		.license = "",	.url = "",     .maintainer = "", .summary = "", .list = "",
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

/* ---- the whole ---- */

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

void distribution_release(struct distribution *distribution)
{
	for (size_t i = 0; i < distribution->count; i++)
		free(distribution->items[i].files);
	array_release(distribution);
	for (size_t i = 0; i < distribution->texts.count; i++)
		free(distribution->texts.items[i]);
	array_release(&distribution->texts);
	rpm_database_release(&distribution->rpm);
	free(distribution->because);
}

static void mark_installed(struct installed *installed,
			   bool (*is_kept)(const char *path, void *data), void *data)
{
	installed->files_total = installed->bytes_total = 0;
	installed->files_kept = installed->bytes_kept = 0;
	for (size_t i = 0; i < installed->file_count; i++) {
		struct packaged_file *packaged = &installed->files[i];
		const struct source_entry *file = packaged->file;
		uint64_t size = file && file->kind == ENTRY_FILE ? file->size : 0;

		packaged->kept = file && is_kept(file->path, data);
		if (!file || packaged->is_directory)
			continue;
		installed->files_total++;
		installed->bytes_total += size;
		installed->files_kept += packaged->kept;
		installed->bytes_kept += packaged->kept ? size : 0;
	}
}

void distribution_mark(struct distribution *distribution,
		       bool (*is_kept)(const char *path, void *data), void *data)
{
	for (size_t i = 0; i < distribution->count; i++)
		mark_installed(&distribution->items[i], is_kept, data);
}

static int by_address(const void *a, const void *b)
{
	const struct source_entry *x = *(const struct source_entry *const *)a;
	const struct source_entry *y = *(const struct source_entry *const *)b;

	return (x > y) - (x < y);
}

/* Two packages may have the same file; a source has one entry for each path. */
int distribution_count_owned(const struct distribution *distribution, uint64_t *ret_count)
{
	ARRAY(const struct source_entry *) owned = ARRAY_INIT;
	int r = 0;

	*ret_count = 0;
	for (size_t i = 0; i < distribution->count; i++)
		for (size_t j = 0; r == 0 && j < distribution->items[i].file_count; j++) {
			const struct packaged_file *packaged = &distribution->items[i].files[j];

			if (packaged->kept && !packaged->is_directory)
				r = array_push(&owned, packaged->file);
		}
	if (owned.count)
		qsort(owned.items, owned.count, sizeof(*owned.items), by_address);
	for (size_t i = 0; i < owned.count; i++)
		*ret_count += i == 0 || owned.items[i] != owned.items[i - 1];
	array_release(&owned);
	return r;
}
