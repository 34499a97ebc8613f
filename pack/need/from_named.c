// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/from_named.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "pack/need/margin_rule.h"
#include "pack/need/text_names.h"

enum {
	TEXT_MAX = 1024 * 1024,    /* bytes of a text that is looked through */
	NAMED_MAX = 256 * 1024 * 1024, /* of a file that is taken because it is named */
	NAMES_MAX = 2000,          /* files of a directory that is taken because it is named */
};

static bool matches_any(const char *const *patterns, const char *path)
{
	for (; *patterns; patterns++)
		if (path_match(*patterns, path))
			return true;
	return false;
}

/* Lists of what there is, which everybody reads and few act on; and what is no text of a person. */
static bool is_read_for_names(const char *path)
{
	static const char *const lists[] = {
		"/etc/passwd*", "/etc/shells", "/etc/fstab", "/etc/mtab", "/etc/ld.so.c*", "/etc/ld.so.conf.d/*",
		"/etc/group*", "/etc/services", "/etc/mime.types", "/var/lib/dpkg/**", "/var/lib/rpm/**",
		"/lib/apk/**", "/usr/lib/apk/**", "/usr/share/doc/**", "/usr/share/man/**", "*.html", "*.htm",
		"*.css", "*.svg", "*.map", NULL,
	};

	return !matches_any(lists, path);
}

/* What a name leads to that is no file of a program's: the kernel's, the moment's, a person's to read. */
static bool is_worth_taking(const char *path)
{
	static const char *const others[] = {
		"/proc/**", "/sys/**", "/dev/**", "/run/**", "/tmp/**", "/var/tmp/**", "/var/run/**",
		"/usr/share/doc/**", "/usr/share/man/**", "/usr/share/info/**", "/usr/include/**",
		"/usr/local/include/**", "/usr/src/**", "*.a", "*.la", NULL,
	};

	return !matches_any(others, path);
}

/* One text. */
struct reading {
	struct closure *closure;
	struct margin_work *work;
	const struct closure_entry *entry;
	struct error *err;
};

static int note_named(const char *path, bool cut, void *data)
{
	const struct reading *reading = data;
	_cleanup_(freep) char *canonical = path_canonicalize(path);
	struct margin_named named = {.by = reading->entry};
	int r;

	if (!canonical)
		return error_oom(reading->err);
	if (strcmp(canonical, "/") == 0 || !is_worth_taking(canonical) ||
	    intern_has(&reading->work->names, canonical))
		return 0;
	r = source_walk(reading->closure->source, canonical, SOURCE_FOLLOW, NULL, NULL, &named.file, NULL);
	if (r < 0)
		return r == -EACCES || source_has_none(r) ? 0 : error_code(reading->err, r, "cannot look for '%s'", canonical);
	if ((cut && named.file->kind != ENTRY_DIR) ||
	    (named.file->kind != ENTRY_DIR && named.file->kind != ENTRY_FILE))
		return 0;
	named.path = intern_string(&reading->work->names, canonical);
	if (!named.path || array_push(&reading->work->named, named) < 0)
		return error_oom(reading->err);
	return 0;
}

static bool is_text_to_read(const struct closure_entry *entry)
{
	return margin_is_touched(entry) && entry->file->kind == ENTRY_FILE && entry->head != HEAD_ELF &&
	       selected_is_read(entry->selected) && entry->file->size <= TEXT_MAX &&
	       is_read_for_names(entry->file->path);
}

static int read_text(struct reading *reading)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = source_read(reading->closure->source, reading->entry->file->path, TEXT_MAX, &text,
			    reading->err);

	if (r < 0)
		return r == -EFBIG || source_has_none(r) ? 0 : r;
	return text_names_is_text(text.bytes, text.size)
		       ? text_names_each(text.bytes, text.size, note_named, reading)
		       : 0;
}

int named_read(struct closure *closure, struct margin_work *work, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && !work->named_read && i < closure->entries.count; i++) {
		struct reading reading = {closure, work, closure->entries.items[i], err};

		if (is_text_to_read(reading.entry))
			r = read_text(&reading);
	}
	work->named_read = r == 0;
	return r;
}

static int add_named(struct closure *closure, const struct margin_named *named, struct error *err)
{
	struct margin_rule rule = {closure, MARGIN_OWN, named->by, NULL, err};
	_cleanup_(freep) char *why = NULL;

	if (named->file->kind == ENTRY_FILE && named->file->size > NAMED_MAX)
		return closure_warn(closure, "%s names %s, which is larger than 256 MiB and stays out "
					     "(--include %s takes it)",
				    named->by->file->path, named->path, named->path) < 0
			       ? error_oom(err)
			       : 0;
	if (asprintf(&why, "named in %s", named->by->file->path) < 0)
		return error_oom(err);
	rule.why = why;
	return margin_rule_add(&rule, named->path);
}

int closure_add_named(struct closure *closure, struct error *err)
{
	struct margin_work *work;
	int r = margin_work_of(closure, &work, err);

	if (r == 0)
		r = named_read(closure, work, err);
	for (size_t i = 0; r == 0 && i < work->named.count; i++)
		r = add_named(closure, &work->named.items[i], err);
	return r;
}

/* ---- what lies in a directory that is named ---- */

/* One where everybody's files lie together says nothing about this program's. */
static bool is_common(const char *path)
{
	static const char *const common[] = {
		"/*", "/usr/*", "/usr/local/*", "/usr/lib/*-linux-gnu*", "/usr/share/*-linux-gnu", "/lib/*",
		"/usr/libexec/*", "/var/*", "/usr/lib/locale", "/usr/share/locale", "/usr/share/applications",
		"/usr/share/icons", "/usr/share/mime", "/usr/share/perl5", "/usr/lib/python3*",
		"/usr/share/zoneinfo", "/var/lib/dpkg", "/var/lib/apt", "/var/cache/*", "/var/log/*",
		"/etc/alternatives", "/etc/init.d", "/etc/rc?.d", "/etc/systemd/**", "/usr/lib/systemd/**",
		"/lib/systemd/**", "/root", "/home/*", "/usr/lib/terminfo", "/usr/share/terminfo",
		"/usr/local/lib/*-linux-gnu*", "/etc/ssl/certs", "/etc/ssl/private", "/usr/lib/modules",
		"/boot/**", NULL,
	};

	return matches_any(common, path);
}

struct gathering {
	const struct margin_rule *rule;
	const char *directory;
	size_t left; /* files that may still come */
};

static int gather_name(const char *name, void *data)
{
	struct gathering *gathering = data;
	_cleanup_(freep) char *path = path_join(gathering->directory, name);
	const struct source_entry *file;
	int r;

	if (!path)
		return error_oom(gathering->rule->err);
	r = source_walk(gathering->rule->closure->source, path, SOURCE_FOLLOW, NULL, NULL, &file, NULL);
	if (r < 0 || file->kind != ENTRY_FILE || file->size > NAMED_MAX || !is_worth_taking(file->path))
		return 0;
	if (gathering->left == 0)
		return 1;
	gathering->left--;
	return margin_rule_add(gathering->rule, path);
}

int closure_add_named_directories(struct closure *closure, struct error *err)
{
	struct margin_work *work;
	int r = margin_work_of(closure, &work, err);

	if (r == 0)
		r = named_read(closure, work, err);
	for (size_t i = 0; r >= 0 && i < work->named.count; i++) {
		const struct margin_named *named = &work->named.items[i];
		struct margin_rule rule = {closure, MARGIN_NEAR, named->by, NULL, err};
		struct gathering gathering = {&rule, named->file->path, NAMES_MAX};
		_cleanup_(freep) char *why = NULL;

		if (named->file->kind != ENTRY_DIR || is_common(named->file->path) || is_common(named->path))
			continue;
		if (asprintf(&why, "in a directory that is named in %s", named->by->file->path) < 0)
			return error_oom(err);
		rule.why = why;
		r = source_list(closure->source, named->file->path, gather_name, &gathering, err);
	}
	return r < 0 ? r : 0;
}
