// SPDX-License-Identifier: BSD-2-Clause
#include "pack/distro/records.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "pack/distro/records_file.h"
#include "pack/distro/records_rpm.h"

enum { RECORD_MAX = 64 * 1024 * 1024 };

#define APK_WORLD "/etc/apk/world"

static bool is_in_tree(const char *path, void *data)
{
	return records_node(data, path) != NULL;
}

void records_mark(struct distribution *distribution, const struct node *top)
{
	distribution_mark(distribution, is_in_tree, (void *)top);
}

/* ---- dpkg ---- */

static const struct packaged_file *find_listed(const struct installed *installed,
					       const char *listed, size_t *next)
{
	/* both are mostly in the same order */
	for (size_t i = 0; i < installed->file_count; i++) {
		size_t at = (*next + i) % installed->file_count;

		if (strcmp(installed->files[at].listed, listed) == 0) {
			*next = at + 1;
			return &installed->files[at];
		}
	}
	return NULL;
}

/*
 * The name of a kept file in the tree: as it was packed, if that leads there through the links that
 * are in the tree, or else its real one.
 */
static const char *name_inside(struct node *top, const struct packaged_file *packaged)
{
	_cleanup_(freep) char *prefix = strdup(packaged->listed);

	if (strcmp(packaged->listed, packaged->file->path) == 0)
		return packaged->listed;
	for (char *slash = prefix ? strchr(prefix + 1, '/') : NULL; slash;
	     slash = strchr(slash + 1, '/')) {
		const struct node *node;

		*slash = '\0';
		node = records_node(top, prefix);
		if (node && S_ISLNK(node->inode->mode))
			return packaged->listed;
		*slash = '/';
	}
	return packaged->file->path;
}

/* Lines of "md5  usr/bin/x" whose file is kept. */
static void trim_md5sums(const struct installed *installed, struct node *top, char *sums,
			 struct text *text)
{
	size_t next = 0;
	char *saved;

	for (char *line = strtok_r(sums, "\n", &saved); line; line = strtok_r(NULL, "\n", &saved)) {
		const char *path = strstr(line, "  ");
		_cleanup_(freep) char *listed = path ? path_canonicalize(path + 2) : NULL;
		const struct packaged_file *file;

		file = listed ? find_listed(installed, listed, &next) : NULL;
		if (file && file->kept)
			text_printf(text, "%.*s  %s\n", (int)(path - line), line,
				    name_inside(top, file) + 1);
	}
}

static int copy_md5sums(const struct distribution *distribution,
			const struct installed *installed, const char *path, struct node *top,
			struct error *err)
{
	_cleanup_(text_release) struct text sums = TEXT_INIT, text = TEXT_INIT;
	int r = source_read(distribution->source, path, RECORD_MAX, &sums, err);

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0)
		return r;
	trim_md5sums(installed, top, sums.bytes, &text);
	return records_file(distribution->source, top, path, &text, err);
}

static int write_list(const struct distribution *distribution, const struct installed *installed,
		      struct node *top, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT, sums = TEXT_INIT;
	int r;

	if (!*installed->list)
		return 0;
	text_add(&text, "/.\n");
	for (size_t i = 0; i < installed->file_count; i++)
		if (installed->files[i].kept)
			text_printf(&text, "%s\n", name_inside(top, &installed->files[i]));
	r = records_file(distribution->source, top, installed->list, &text, err);
	if (r < 0)
		return r;
	text_add_bytes(&sums, installed->list, strlen(installed->list) - strlen(".list"));
	text_add(&sums, ".md5sums");
	return text_failed(&sums) ? error_oom(err)
				  : copy_md5sums(distribution, installed, sums.bytes, top, err);
}

/* Without it dpkg takes names with an architecture for another format. */
static int copy_format(const struct distribution *distribution, struct node *top,
		       struct error *err)
{
	static const char path[] = "/var/lib/dpkg/info/format";
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = source_read(distribution->source, path, RECORD_MAX, &text, NULL);

	return r < 0 ? 0 : records_file(distribution->source, top, path, &text, err);
}

static int write_dpkg(const struct distribution *distribution, struct node *top,
		      struct error *err)
{
	_cleanup_(text_release) struct text status = TEXT_INIT;
	bool any = false;
	int r = 0;

	for (size_t i = 0; i < distribution->count && r == 0; i++) {
		const struct installed *installed = &distribution->items[i];

		if (installed->kind != DISTRIBUTION_DPKG)
			continue;
		any = true;
		if (!installed_is_present(installed))
			continue;
		text_add_bytes(&status, installed->record, installed->record_size);
		text_add_char(&status, '\n');
		r = write_list(distribution, installed, top, err);
	}
	if (r == 0 && any)
		r = records_file(distribution->source, top, "/var/lib/dpkg/status", &status, err);
	return r == 0 && any ? copy_format(distribution, top, err) : r;
}

static int write_dpkg_d(const struct distribution *distribution, const struct installed *installed,
			struct node *top, struct error *err)
{
	_cleanup_(text_release) struct text record = TEXT_INIT, path = TEXT_INIT;
	int r;

	text_add_bytes(&record, installed->record, installed->record_size);
	text_add_bytes(&path, installed->list, strlen(installed->list) - strlen(".md5sums"));
	if (text_failed(&path))
		return error_oom(err);
	r = records_file(distribution->source, top, path.bytes, &record, err);
	return r < 0 ? r : copy_md5sums(distribution, installed, installed->list, top, err);
}

/* ---- apk ---- */

/* The record with those of its files that are kept; what describes a name follows its line. */
static void add_apk_record(const struct installed *installed, struct text *text)
{
	const char *end = installed->record + installed->record_size;
	_cleanup_(text_release) struct text directory = TEXT_INIT;
	size_t file = 0;
	bool kept = true;

	for (const char *line = installed->record; line < end; line += strcspn(line, "\n") + 1) {
		size_t size = strcspn(line, "\n");
		bool is_field = size >= 2 && line[1] == ':';

		if (is_field && line[0] == 'F') { /* kept with the first of its files */
			text_clear(&directory);
			kept = false;
			text_printf(&directory, "%.*s\n", (int)size, line);
			continue;
		}
		if (is_field && line[0] == 'M' && directory.size) {
			text_printf(&directory, "%.*s\n", (int)size, line);
			continue;
		}
		if (is_field && line[0] == 'R') {
			kept = file < installed->file_count && installed->files[file].kept;
			file++;
			if (kept)
				text_add(text, directory.bytes);
			if (kept)
				text_clear(&directory);
		}
		if (kept)
			text_printf(text, "%.*s\n", (int)size, line);
	}
	text_add_char(text, '\n');
}

static bool apk_has(const struct distribution *distribution, const char *name, size_t length)
{
	for (size_t i = 0; i < distribution->count; i++) {
		const struct installed *installed = &distribution->items[i];

		if (installed->kind == DISTRIBUTION_APK && installed_is_present(installed) &&
		    strncmp(installed->name, name, length) == 0 && !installed->name[length])
			return true;
	}
	return false;
}

/* What was asked for by name, of what is there; without this file apk opens no database. */
static int write_world(const struct distribution *distribution, struct node *top, struct error *err)
{
	_cleanup_(text_release) struct text world = TEXT_INIT, text = TEXT_INIT;
	const char *word;
	int r;

	r = source_read(distribution->source, APK_WORLD, RECORD_MAX, &world, err);
	if (r < 0 && !source_has_none(r))
		return r;
	for (word = r < 0 ? "" : world.bytes; *word; word += strspn(word, " \t\r\n")) {
		size_t size = strcspn(word, " \t\r\n");
		size_t name = strcspn(word, "<>=~@ \t\r\n"); /* "ssl>3", "ssl@edge" */

		if (apk_has(distribution, word, name))
			text_printf(&text, "%.*s\n", (int)size, word);
		word += size;
	}
	return records_file(distribution->source, top, APK_WORLD, &text, err);
}

static int write_apk(const struct distribution *distribution, struct node *top, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	bool any = false;
	int r;

	for (size_t i = 0; i < distribution->count; i++) {
		const struct installed *installed = &distribution->items[i];

		if (installed->kind != DISTRIBUTION_APK)
			continue;
		any = true;
		if (installed_is_present(installed))
			add_apk_record(installed, &text);
	}
	if (!any)
		return 0;
	r = records_file(distribution->source, top, distribution->apk_path, &text, err);
	return r < 0 ? r : write_world(distribution, top, err);
}

int records_write(struct distribution *distribution, struct node *top, struct error *err)
{
	int r = write_dpkg(distribution, top, err);

	for (size_t i = 0; i < distribution->count && r == 0; i++)
		if (distribution->items[i].kind == DISTRIBUTION_DPKG_D &&
		    installed_is_present(&distribution->items[i]))
			r = write_dpkg_d(distribution, &distribution->items[i], top, err);
	if (r == 0)
		r = write_apk(distribution, top, err);
	return r < 0 ? r : records_write_rpm(distribution, top, err);
}

bool records_has(const char *path)
{
	static const char *const patterns[] = {
		APK_WORLD, "/lib/apk/db/installed", "/usr/lib/apk/db/installed", "/var/lib/dpkg/status",
		"/var/lib/dpkg/info/*.list",  "/var/lib/dpkg/info/*.md5sums",
		"/var/lib/dpkg/status.d/*",   "/var/lib/rpm/rpmdb.sqlite",
		"/var/lib/rpm/Packages.db",   "/var/lib/rpm/Index.db",
		"/usr/lib/sysimage/rpm/*",
	};

	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
		if (path_match(patterns[i], path))
			return true;
	return false;
}
