// SPDX-License-Identifier: BSD-2-Clause
#include "pack/distribution.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/path.h"

enum { RECORDS_MAX = 256 * 1024 * 1024 };

static const char dpkg_status[] = "/var/lib/dpkg/status";
static const char dpkg_status_d[] = "/var/lib/dpkg/status.d";
static const char dpkg_info[] = "/var/lib/dpkg/info";
static const char dpkg_diversions[] = "/var/lib/dpkg/diversions";
static const char *const apk_paths[] = {"/lib/apk/db/installed", "/usr/lib/apk/db/installed"};
static const char *const rpm_paths[] = {
	"/var/lib/rpm/rpmdb.sqlite",	       "/var/lib/rpm/Packages",
	"/var/lib/rpm/Packages.db",	       "/usr/lib/sysimage/rpm/rpmdb.sqlite",
	"/usr/lib/sysimage/rpm/Packages.db",
};

/* A distribution while it is read. */
struct reading {
	struct distribution *distribution;
	struct source *source;
	const char **diversions; /* from, to, by whom; by threes */
	size_t diversion_count;
	struct error *err;
};

static bool is_absence(int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -ELOOP;
}

/* ---- strings ---- */

/* Memory that lives as long as the distribution; takes it over. NULL: out of memory. */
static char *keep(struct reading *reading, char *text)
{
	if (text && array_push(&reading->distribution->texts, text) < 0) {
		free(text);
		return NULL;
	}
	return text;
}

static const char *keep_part(struct reading *reading, const char *start, size_t size)
{
	return keep(reading, strndup(start, size));
}

/* A whole file, or NULL with *ret 0 when there is none. */
static char *read_text(struct reading *reading, const char *path, int *ret)
{
	struct text text = TEXT_INIT;
	char *whole = NULL;

	*ret = source_read(reading->source, path, RECORDS_MAX, &text, reading->err);
	if (*ret == 0 && !(whole = keep(reading, text_take(&text))))
		*ret = error_oom(reading->err);
	else if (is_absence(*ret))
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

/* listed: "/usr/bin/x", kept by the distribution. */
static int add_file(struct reading *reading, struct installed *installed, const char *listed)
{
	struct packaged_file file = {.listed = listed};
	struct {
		struct packaged_file *items;
		size_t count, capacity;
	} files = {installed->files, installed->file_count, installed->file_capacity};
	int r;

	r = source_walk(reading->source, undivert(reading, installed->name, listed), 0, NULL, NULL,
			&file.file, NULL);
	if (r < 0 && !is_absence(r))
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

static struct installed *add_installed(struct reading *reading, enum distribution_kind kind,
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

/* ---- dpkg ---- */

/* Lines up to an empty one; moves *text behind that. */
static const char *next_record(const char **text, size_t *ret_size)
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

/* The value behind "Name: " or "N:" on a line of its own; "" when there is none. */
static int field(struct reading *reading, const struct installed *installed, const char *name,
		 const char **ret_value)
{
	const char *end = installed->record + installed->record_size, *line = installed->record;
	size_t length = strlen(name);

	for (; line < end; line = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1) {
		size_t size = strcspn(line, "\n");

		if (size >= length && memcmp(line, name, length) == 0) {
			line += length;
			line += strspn(line, " \t");
			*ret_value = keep_part(reading, line, strcspn(line, "\n"));
			return *ret_value ? 0 : error_oom(reading->err);
		}
		if (line + size >= end)
			break;
	}
	return 0;
}

static int dpkg_fields(struct reading *reading, struct installed *installed)
{
	const struct {
		const char *name, **value;
	} fields[] = {
		{"Package:", &installed->name},	       {"Version:", &installed->version},
		{"Architecture:", &installed->arch},   {"Source:", &installed->origin},
		{"Homepage:", &installed->url},	       {"Maintainer:", &installed->maintainer},
		{"Description:", &installed->summary},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(fields) / sizeof(*fields); i++)
		r = field(reading, installed, fields[i].name, fields[i].value);
	return r;
}

/* A path a line; "/." is the root. */
static int dpkg_list_files(struct reading *reading, struct installed *installed, char *text)
{
	char *saved;
	int r = 0;

	for (char *line = strtok_r(text, "\n", &saved); line && r == 0;
	     line = strtok_r(NULL, "\n", &saved))
		if (line[0] == '/' && line[1] != '\0' && strcmp(line, "/.") != 0)
			r = add_file(reading, installed, line);
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
		if (!listed || !(path = keep_part(reading, listed, strlen(listed))))
			return error_oom(reading->err);
		r = add_file(reading, installed, path);
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
		text = read_text(reading, path.bytes, &r);
		if (r < 0)
			return r;
		if (!text)
			continue;
		installed->list = keep_part(reading, path.bytes, path.size);
		if (!installed->list)
			return error_oom(reading->err);
		return dpkg_list_files(reading, installed, text);
	}
	return 0;
}

static int read_dpkg(struct reading *reading)
{
	const char *record, *status, *text;
	size_t size;
	int r;

	text = read_text(reading, dpkg_status, &r);
	while (r == 0 && text && (record = next_record(&text, &size))) {
		struct installed *installed = add_installed(reading, DISTRIBUTION_DPKG, record, size);

		if (!installed)
			return error_oom(reading->err);
		status = "";
		r = field(reading, installed, "Status:", &status);
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
	text = read_text(reading, path, &r);
	if (r < 0 || !text)
		return r;
	installed = add_installed(reading, DISTRIBUTION_DPKG_D, text, strlen(text));
	if (!installed)
		return error_oom(reading->err);
	r = dpkg_fields(reading, installed);
	text_printf(&list, "%s.md5sums", path);
	installed->list = keep_part(reading, list.bytes, list.size);
	if (!installed->list)
		return error_oom(reading->err);
	text = r == 0 ? read_text(reading, list.bytes, &r) : NULL;
	return text ? dpkg_md5sums_files(reading, installed, text) : r;
}

/* Three lines each: from, to, package (":" for the administrator). */
static int read_diversions(struct reading *reading)
{
	ARRAY(const char *) lines = ARRAY_INIT;
	char *text, *saved;
	int r;

	text = read_text(reading, dpkg_diversions, &r);
	for (char *line = text ? strtok_r(text, "\n", &saved) : NULL; line && r == 0;
	     line = strtok_r(NULL, "\n", &saved))
		r = array_push(&lines, line);
	reading->diversions = lines.items;
	reading->diversion_count = lines.count;
	return r == -ENOMEM ? error_oom(reading->err) : r;
}

/* ---- apk ---- */

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
		listed = text_failed(&path) ? NULL : keep_part(reading, path.bytes, path.size);
		if (!listed)
			return error_oom(reading->err);
		r = add_file(reading, installed, listed);
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
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(fields) / sizeof(*fields); i++)
		r = field(reading, installed, fields[i].name, fields[i].value);
	return r;
}

static int read_apk(struct reading *reading)
{
	const char *text = NULL, *record;
	size_t size;
	int r = 0;

	for (size_t i = 0; r == 0 && !text && i < sizeof(apk_paths) / sizeof(*apk_paths); i++) {
		text = read_text(reading, apk_paths[i], &r);
		reading->distribution->apk_path = apk_paths[i];
	}
	while (r == 0 && text && (record = next_record(&text, &size))) {
		struct installed *installed = add_installed(reading, DISTRIBUTION_APK, record, size);

		if (!installed)
			return error_oom(reading->err);
		r = apk_fields(reading, installed);
		if (r == 0)
			r = apk_files(reading, installed);
	}
	return r;
}

/* ---- the whole ---- */

static int look_for_rpm(struct reading *reading)
{
	const struct source_entry *entry;

	for (size_t i = 0; i < sizeof(rpm_paths) / sizeof(*rpm_paths); i++)
		if (source_walk(reading->source, rpm_paths[i], SOURCE_FOLLOW, NULL, NULL, &entry,
				NULL) == 0)
			reading->distribution->unread = "rpm";
	return 0;
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

	text = read_text(reading, "/etc/os-release", &r);
	if (r == 0 && !text)
		text = read_text(reading, "/usr/lib/os-release", &r);
	if (r < 0)
		return r;
	distribution->id = keep(reading, os_release_value(text ? text : "", "ID"));
	distribution->version = keep(reading, os_release_value(text ? text : "", "VERSION_ID"));
	distribution->name = keep(reading, os_release_value(text ? text : "", "PRETTY_NAME"));
	return distribution->id && distribution->version && distribution->name
		       ? 0
		       : error_oom(reading->err);
}

int distribution_read(struct source *source, struct distribution *ret_distribution,
		      struct error *err)
{
	_cleanup_(distribution_release) struct distribution distribution = {.source = source};
	struct reading reading = {.distribution = &distribution, .source = source, .err = err};
	int r;

	r = read_os_release(&reading);
	if (r == 0)
		r = read_diversions(&reading);
	if (r == 0)
		r = read_dpkg(&reading);
	if (r == 0)
		r = source_list(source, dpkg_status_d, read_dpkg_d, &reading, err);
	if (r == 0)
		r = read_apk(&reading);
	if (r == 0)
		r = look_for_rpm(&reading);
	free(reading.diversions);
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
