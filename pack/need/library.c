// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "pack/need/admission.h"

/* Who asks, and what he hands on to whom he loads. */
struct need {
	struct closure *closure;
	const struct reason *reason;
	const char *inheritance;
	struct error *err;
};

/* ld.so may load this file for the name: it is needed, and looked into as loaded from there. */
static int on_library(const char *path, const char *subdirectory, void *data)
{
	const struct need *need = data;
	struct reason reason = *need->reason;
	_cleanup_(freep) char *detail = NULL, *origin = NULL;
	struct closure_entry *entry;
	int r;

	if (subdirectory) {
		if (asprintf(&detail, "%s in %s", reason.detail, subdirectory) < 0)
			return error_oom(need->err);
		reason.detail = detail;
	}
	r = closure_add(need->closure, path, CLOSURE_CONTENTS, &reason, reason.from->rule, &entry,
			need->err);
	/* the end may be a link; who is loaded is the file behind it */
	while (r == 0 && entry->file->kind == ENTRY_LINK) {
		const struct source_entry *file;

		r = source_walk(need->closure->source, entry->file->path, SOURCE_FOLLOW, NULL, NULL,
				&file, need->err);
		entry = r == 0 ? closure_find(need->closure, file->path) : NULL;
		if (!entry) /* a rule leaves out the link, so nothing follows from it */
			return r;
	}
	if (r < 0 || !closure_entry_in(entry))
		return r;
	origin = path_parent(path);
	if (!origin)
		return error_oom(need->err);
	/* only where it makes a difference; most files neither say $ORIGIN nor hand anything on */
	if (strcmp(need->inheritance, "") == 0) {
		const struct elf_file *elf;

		r = loader_elf(need->closure->loader, entry->file, &elf, NULL, need->err);
		if (r < 0 || !elf || (!elf->rpath && !elf->runpath))
			return r;
	}
	return closure_queue(need->closure, entry, origin, need->inheritance) < 0
		       ? error_oom(need->err)
		       : 0;
}

int library_add(struct closure *closure, const struct loader_query *query,
		const struct reason *reason, struct error *err)
{
	_cleanup_(freep) char *inheritance =
		loader_inheritance(closure->loader, query->elf, query->origin, query->inherited);
	struct need need = {closure, reason, inheritance, err};

	return inheritance ? loader_search(closure->loader, query, on_library, &need, err)
			   : error_oom(err);
}
