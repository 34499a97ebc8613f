// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/from_dlopen.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "pack/elf/strings.h"
#include "pack/need/library.h"

enum { FILE_MAX_BYTES = 256 * 1024 * 1024 };

/* An ELF file that opens others. */
struct opener {
	struct closure *closure;
	struct closure_entry *entry;
	const struct elf_file *elf;
	const char *directory; /* it lies in */
	struct error *err;
};

static int open_library(const struct opener *opener, const char *name, enum reason_kind kind,
			const char *detail)
{
	struct loader_query query = {name, opener->elf, opener->directory, ""};
	struct reason reason = {kind, opener->entry, detail};
	int r = library_add(opener->closure, &query, &reason, opener->err);

	return r < 0 ? r : 0; /* what is not there is no loss to who looks before he leaps */
}

/* Of what the notes suggest only the margin takes more than what they ask for. */
static bool is_asked_for(const json_t *note, enum margin margin)
{
	const char *priority = json_string_value(json_object_get(note, "priority"));
	bool suggested = priority && strcmp(priority, "suggested") == 0;

	return suggested == (margin == MARGIN_NEAR);
}

/* {"soname": ["libz.so.1"], "feature": "z", "priority": "required"} */
static int add_note(const struct opener *opener, const json_t *note, enum margin margin)
{
	const char *priority = json_string_value(json_object_get(note, "priority"));
	json_t *names = json_object_get(note, "soname"), *name;
	size_t i;

	if (!is_asked_for(note, margin))
		return 0;
	json_array_foreach(names, i, name)
	{
		_cleanup_(freep) char *detail = NULL;
		int r;

		if (!json_is_string(name))
			continue;
		if (margin == MARGIN_NEAR)
			r = asprintf(&detail, "near: %s suggests %s", opener->entry->file->path,
				     json_string_value(name));
		else
			r = asprintf(&detail, "%s, %s", json_string_value(name),
				     priority && strcmp(priority, "required") == 0 ? "required"
										   : "recommended");
		if (r < 0)
			return error_oom(opener->err);
		r = open_library(opener, json_string_value(name),
				 margin == MARGIN_NEAR ? REASON_MARGIN : REASON_DLOPEN, detail);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A note that cannot be understood is nobody's need. */
static int add_notes(const struct opener *opener, enum margin margin)
{
	for (size_t i = 0; i < opener->elf->note_count; i++) {
		json_t *notes = json_loads(opener->elf->notes[i], 0, NULL), *note;
		size_t j;
		int r = 0;

		json_array_foreach(notes, j, note)
		{
			if (r == 0)
				r = add_note(opener, note, margin);
		}
		json_decref(notes);
		if (r < 0)
			return r;
	}
	return 0;
}

int closure_add_noted(struct closure *closure, struct closure_entry *entry,
		      const struct elf_file *elf, enum margin margin, struct error *err)
{
	_cleanup_(freep) char *directory = elf->note_count ? path_parent(entry->file->path) : NULL;
	struct opener opener = {closure, entry, elf, directory, err};

	if (!elf->note_count)
		return 0;
	return directory ? add_notes(&opener, margin) : error_oom(err);
}

/* ---- strings ---- */

static int is_dlopen(const char *symbol, void *data)
{
	(void)data;
	return strcmp(symbol, "dlopen") == 0 || strcmp(symbol, "dlmopen") == 0;
}

/* "libz.so.1", "libfoo-2.0.so". */
static bool is_library(const char *string)
{
	const char *so = strstr(string, ".so");

	if (strncmp(string, "lib", 3) != 0 || !so || (so[3] && so[3] != '.'))
		return false;
	for (const char *p = string; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("_-+.", *p))
			return false;
	return true;
}

static int on_string(const char *string, void *data)
{
	const struct opener *opener = data;
	_cleanup_(freep) char *detail = NULL;

	if (!is_library(string) || (opener->elf->soname && strcmp(opener->elf->soname, string) == 0))
		return 0;
	if (asprintf(&detail, "near: %s names %s", opener->entry->file->path, string) < 0)
		return error_oom(opener->err);
	return open_library(opener, string, REASON_MARGIN, detail);
}

static int add_strings(struct opener *opener)
{
	struct closure *closure = opener->closure;
	_cleanup_(text_release) struct text bytes = TEXT_INIT;
	int r = loader_imports(closure->loader, opener->entry->file, is_dlopen, NULL, opener->err);

	if (r <= 0)
		return r;
	r = source_read(closure->source, opener->entry->file->path, FILE_MAX_BYTES, &bytes, opener->err);
	if (r < 0)
		return r == -EFBIG ? 0 : r;
	return strings_each(bytes.bytes, bytes.size, on_string, opener);
}

int closure_add_opened(struct closure *closure, struct error *err)
{
	size_t count = closure->entries.count;

	for (size_t i = 0; i < count; i++) {
		struct opener opener = {closure, closure->entries.items[i], NULL, NULL, err};
		_cleanup_(freep) char *directory = path_parent(opener.entry->file->path);
		int r;

		if (!closure_entry_in(opener.entry) || !opener.entry->contents ||
		    opener.entry->file->kind != ENTRY_FILE || opener.entry->head == HEAD_DATA ||
		    opener.entry->head == HEAD_SCRIPT)
			continue;
		r = loader_elf(closure->loader, opener.entry->file, &opener.elf, NULL, err);
		if (r < 0)
			return r;
		if (!opener.elf || !opener.elf->loadable)
			continue;
		opener.directory = directory;
		r = directory ? add_notes(&opener, MARGIN_NEAR) : error_oom(err);
		if (r == 0)
			r = add_strings(&opener);
		if (r < 0)
			return r;
	}
	return 0;
}
