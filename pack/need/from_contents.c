// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/from_contents.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"
#include "pack/elf/shebang.h"
#include "pack/need/admission.h"
#include "pack/need/from_dlopen.h"
#include "pack/need/library.h"
#include "pack/source/which.h"

static int add_interpreter(struct closure *closure, struct closure_entry *entry,
			   const struct elf_file *elf, struct error *err)
{
	struct reason reason = {REASON_INTERPRETER, entry, elf->interpreter};
	int r;

	r = closure_add(closure, elf->interpreter, CLOSURE_CONTENTS, &reason, entry->rule, NULL,
			err);
	if (!source_has_none(r))
		return r;
	return closure_warn(closure, "%s: its interpreter %s is not in the source",
			    entry->file->path, elf->interpreter) < 0
		       ? error_oom(err)
		       : 0;
}

static int expand_elf(struct closure *closure, const struct work *work, const struct elf_file *elf,
		      struct error *err)
{
	_cleanup_(freep) char *directory = path_parent(work->entry->file->path);
	const char *origin = work->origin ? work->origin : directory;
	int r = 0;

	if (!origin)
		return error_oom(err);
	if (elf->interpreter)
		r = add_interpreter(closure, work->entry, elf, err);
	for (size_t i = 0; i < elf->needed_count && r >= 0; i++) {
		struct loader_query query = {elf->needed[i], elf, origin, work->inherited};
		struct reason reason = {REASON_NEEDED, work->entry, elf->needed[i]};
		struct unresolved missing = {work->entry, elf->needed[i]};

		r = library_add(closure, &query, &reason, err);
		if (r == 0 && array_push(&closure->unresolved, missing) < 0)
			r = error_oom(err);
	}
	return r < 0 ? r : closure_add_noted(closure, work->entry, elf, MARGIN_NONE, err);
}

/* "runs the script /x (env python3)" */
/* What is only imported, or only goes along, has a #! line for who would run it: nobody misses that one. */
static bool script_runs(const struct closure_entry *entry)
{
	enum reason_kind kind = entry->reason_count ? entry->reasons[0].kind : REASON_SESSION;

	if (entry->selected)
		return entry->selected->uses & USE_EXECUTED;
	return kind != REASON_ECOSYSTEM && kind != REASON_MARGIN && kind != REASON_LISTED;
}

static int warn_of_script(struct closure *closure, const struct closure_entry *entry, const char *program,
			  bool by_env, struct error *err)
{
	int r = 0;

	if (script_runs(entry))
		r = closure_warn(closure,
				 by_env ? "%s: '%s', which env is to run, is not in the source"
					: "%s: its interpreter %s is not in the source",
				 entry->file->path, program);
	return r < 0 ? error_oom(err) : 0;
}

static int add_script_program(struct closure *closure, struct closure_entry *entry,
			      const char *path, const char *detail, struct error *err)
{
	struct reason reason = {REASON_SHEBANG, entry, detail};
	int r;

	r = closure_add(closure, path, CLOSURE_CONTENTS, &reason, entry->rule, NULL, err);
	return source_has_none(r) ? warn_of_script(closure, entry, path, false, err) : r;
}

static int expand_script(struct closure *closure, struct closure_entry *entry,
			 const struct shebang *shebang, struct error *err)
{
	const char *path = closure->options.search_path;
	_cleanup_(freep) char *program = NULL, *detail = NULL;
	int r;

	r = add_script_program(closure, entry, shebang->interpreter, shebang->interpreter, err);
	if (r < 0 || !shebang->command)
		return r;
	r = which_find(closure->source, path ? path : WHICH_PATH_DEFAULT, "/", shebang->command,
		       &program, NULL, err);
	if (r == -ENOENT || r == -EACCES)
		return warn_of_script(closure, entry, shebang->command, true, err);
	if (r < 0)
		return r;
	if (asprintf(&detail, "env %s", shebang->command) < 0)
		return error_oom(err);
	return add_script_program(closure, entry, program, detail, err);
}

static int expand_text(struct closure *closure, struct closure_entry *entry, struct error *err)
{
	_cleanup_(shebang_release) struct shebang shebang = {0};
	_cleanup_(closep) int fd = -1;
	char head[SHEBANG_MAX];
	ssize_t size;
	int r;

	if (!(entry->file->mode & 0111)) /* it cannot be run */
		return 0;
	r = source_open_file(closure->source, entry->file->path, &fd, err);
	if (r < 0)
		return r;
	size = io_pread(fd, head, sizeof(head), 0);
	if (size < 0)
		return error_code(err, (int)size, "cannot read '%s' in '%s'", entry->file->path,
				  source_path(closure->source));
	r = shebang_parse(head, (size_t)size, &shebang);
	if (r < 0)
		return error_oom(err);
	return r ? expand_script(closure, entry, &shebang, err) : 0;
}

int closure_add_contents(struct closure *closure, const struct work *work, struct error *err)
{
	const struct elf_file *elf;
	bool broken;
	int r;

	if (work->entry->head == HEAD_DATA)
		return 0;
	if (work->entry->head == HEAD_SCRIPT)
		return expand_text(closure, work->entry, err);
	r = loader_elf(closure->loader, work->entry->file, &elf, &broken, err);
	if (r < 0)
		return r;
	if (broken)
		return closure_warn(closure, "%s: a broken ELF file; what it needs is not known",
				    work->entry->file->path) < 0
			       ? error_oom(err)
			       : 0;
	if (elf)
		return elf->loadable ? expand_elf(closure, work, elf, err) : 0;
	return expand_text(closure, work->entry, err);
}

/* Names under which ELF files of the closure may be loaded already when another one asks for them. */
static int collect_names(struct closure *closure, struct intern *names, struct error *err)
{
	for (size_t i = 0; i < closure->entries.count; i++) {
		const struct closure_entry *entry = closure->entries.items[i];
		const struct elf_file *elf;
		int r;

		if (!closure_entry_in(entry) || !entry->contents || entry->file->kind != ENTRY_FILE ||
		    entry->head == HEAD_DATA || entry->head == HEAD_SCRIPT)
			continue;
		r = loader_elf(closure->loader, entry->file, &elf, NULL, err);
		if (r < 0)
			return r;
		if (elf && (!intern_string(names, path_name(entry->file->path)) ||
			    (elf->soname && !intern_string(names, elf->soname))))
			return error_oom(err);
	}
	return 0;
}

/* Found after all, when the file was loaded in another way. */
static bool was_resolved(const struct closure *closure, const struct unresolved *missing)
{
	for (size_t i = 0; i < closure->entries.count; i++) {
		const struct closure_entry *entry = closure->entries.items[i];

		for (size_t j = 0; j < entry->reason_count; j++)
			if (entry->reasons[j].kind == REASON_NEEDED &&
			    entry->reasons[j].from == missing->entry &&
			    strcmp(entry->reasons[j].detail, missing->name) == 0)
				return true;
	}
	return false;
}

int closure_report_unresolved(struct closure *closure, struct error *err)
{
	struct intern names = {0};
	int r = 0;

	if (closure->unresolved.count)
		r = collect_names(closure, &names, err);
	for (size_t i = 0; i < closure->unresolved.count && r == 0; i++) {
		const struct unresolved *missing = &closure->unresolved.items[i];

		if (intern_has(&names, missing->name) || was_resolved(closure, missing))
			continue;
		if (closure_warn(closure, "%s: the library %s it needs is not in the source",
				 missing->entry->file->path, missing->name) < 0)
			r = error_oom(err);
	}
	intern_release(&names);
	return r;
}
