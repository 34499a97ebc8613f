// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/admission.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "pack/need/reason.h"
#include "pack/need/verdict.h"

static int entry_new(struct closure *closure, const struct source_entry *file,
		     struct closure_entry **ret_entry)
{
	struct closure_entry *entry = arena_take(&closure->memory, sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	entry->file = file;
	entry->rule = -1;
	entry->margin = closure->margin;
	entry->verdict = VERDICT_STAT_ONLY; /* until settled */
	if (array_reserve(&closure->entries, 1) < 0 ||
	    hash_add(&closure->hash, &entry->link, file->link.hash) < 0)
		return -ENOMEM;
	closure->entries.items[closure->entries.count++] = entry;
	*ret_entry = entry;
	return 0;
}

int closure_queue(struct closure *closure, struct closure_entry *entry, const char *origin,
		  const char *inherited)
{
	struct work work = {.entry = entry};

	if (entry->head == HEAD_DATA) /* it needs nothing */
		return 0;
	work.inherited = intern_string(&closure->strings, inherited ? inherited : "");
	work.origin = intern_string(&closure->strings, origin);
	if (!work.inherited || (origin && !work.origin))
		return -ENOMEM;
	return work_queue_add(&closure->work, &work);
}

static int add_parent(struct closure *closure, struct closure_entry *entry, struct error *err)
{
	struct reason reason = {.kind = REASON_PARENT, .from = entry};
	_cleanup_(freep) char *path = NULL;
	const struct source_entry *file;
	struct closure_entry *parent;
	int r;

	if (strcmp(entry->file->path, "/") == 0)
		return 0;
	path = path_parent(entry->file->path);
	if (!path)
		return error_oom(err);
	parent = closure_find(closure, path);
	if (!parent) {
		r = source_look(closure->source, path, &file, err);
		if (r < 0)
			return r;
		if (entry_new(closure, file, &parent) < 0)
			return error_oom(err);
	}
	if (closure_reason_add(closure, parent, &reason) < 0)
		return error_oom(err);
	return closure_entry_in(parent) ? 0 : closure_settle(closure, parent, true, err);
}

static int add_target(struct closure *closure, struct closure_entry *entry, struct error *err)
{
	struct reason reason = {.kind = REASON_TARGET, .from = entry};
	_cleanup_(freep) char *directory = path_parent(entry->file->path), *path = NULL;
	int r;

	if (directory)
		path = entry->file->target[0] == '/' ? strdup(entry->file->target)
						     : path_join(directory, entry->file->target);
	if (!path)
		return error_oom(err);
	r = closure_add(closure, path, entry->contents ? CLOSURE_CONTENTS : 0, &reason, entry->rule,
			NULL, err);
	/* a link to nowhere is packed as it is */
	return source_has_none(r) ? 0 : r;
}

int closure_settle(struct closure *closure, struct closure_entry *entry, bool is_parent,
		   struct error *err)
{
	int r = 0;

	if (is_parent)
		entry->verdict = VERDICT_IN; /* of something that is in: nothing to decide */
	else
		r = closure_judge(closure, entry, err);
	if (r < 0 || !closure_entry_in(entry))
		return r;
	r = add_parent(closure, entry, err);
	if (r == 0 && entry->file->kind == ENTRY_LINK)
		r = add_target(closure, entry, err);
	if (r == 0 && entry->file->kind == ENTRY_FILE && entry->contents &&
	    closure_queue(closure, entry, NULL, NULL) < 0)
		r = error_oom(err);
	return r;
}

/* Put what is at the end of a walk in, or add one more reason to what is there. */
static int put(struct closure *closure, const struct source_entry *file, unsigned int flags,
	       const struct reason *reason, int rule, struct closure_entry **ret_entry,
	       struct error *err)
{
	struct closure_entry *entry = closure_find_hashed(closure, file->path,
							 file->link.hash);
	bool news = !entry;
	int r = 0;

	if (!entry && entry_new(closure, file, &entry) < 0)
		return error_oom(err);
	if (closure_reason_add(closure, entry, reason) < 0)
		return error_oom(err);
	if (flags & CLOSURE_CONTENTS && !entry->contents)
		news = entry->contents = true;
	if (rule > entry->rule) {
		entry->rule = rule;
		news = true;
	}
	if (news)
		r = closure_settle(closure, entry, false, err);
	if (r == 0 && ret_entry)
		*ret_entry = entry;
	return r;
}

/* A walk on its way: the links it goes through are needed too, and what it climbs out of. */
struct passage {
	struct closure *closure;
	struct reason reason;
	int rule;
	struct error *err;
};

static int pass(const struct source_entry *entry, void *data)
{
	const struct passage *passage = data;

	return put(passage->closure, entry, 0, &passage->reason, passage->rule, NULL, passage->err);
}

int closure_add(struct closure *closure, const char *path, unsigned int flags,
		const struct reason *reason, int rule, struct closure_entry **ret_entry,
		struct error *err)
{
	struct passage passage = {.closure = closure, .rule = rule, .err = err};
	const struct source_entry *file;
	int r;

	passage.reason = (struct reason){REASON_PASSAGE, reason->from, path};
	r = source_walk(closure->source, path, 0, pass, &passage, &file, err);
	if (r != 0)
		return r;
	return put(closure, file, flags, reason, rule, ret_entry, err);
}
