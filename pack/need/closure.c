// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/closure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "pack/need/closure_work.h"
#include "pack/need/ecosystem.h"

struct work_seen {
	struct hash_link link;
	struct work work;
};

int closure_new(struct source *source, const struct closure_options *options,
		struct closure **ret_closure, struct error *err)
{
	_cleanup_(closure_freep) struct closure *closure = calloc(1, sizeof(*closure));
	int r;

	if (!closure)
		return error_oom(err);
	closure->source = source;
	closure->options = *options;
	closure->work = calloc(1, sizeof(*closure->work));
	if (!closure->work)
		return error_oom(err);
	r = loader_new(source, options->library_path, &closure->loader, err);
	if (r < 0)
		return r;
	*ret_closure = take(closure);
	return 0;
}

static void work_free(struct closure_work *work)
{
	if (!work)
		return;
	hash_release(&work->seen);
	array_release(&work->queue);
	array_release(&work->unresolved);
	free(work);
}

void closure_free(struct closure *closure)
{
	if (!closure)
		return;
	for (size_t i = 0; i < closure->warnings.count; i++)
		free(closure->warnings.items[i]);
	array_release(&closure->entries);
	array_release(&closure->warnings);
	hash_release(&closure->hash);
	work_free(closure->work);
	arena_release(&closure->memory);
	loader_free(closure->loader);
	intern_release(&closure->strings);
	intern_release(&closure->python_packages);
	free(closure);
}

void closure_freep(struct closure **closure)
{
	closure_free(*closure);
}

int closure_warn(struct closure *closure, const char *format, ...)
{
	va_list args;
	char *warning;
	int r;

	va_start(args, format);
	r = vasprintf(&warning, format, args);
	va_end(args);
	if (r < 0)
		return -ENOMEM;
	if (array_push(&closure->warnings, warning) < 0) {
		free(warning);
		return -ENOMEM;
	}
	return 0;
}

static struct closure_entry *find_hashed(const struct closure *closure, const char *path,
					 uint64_t hash)
{
	for (struct hash_link *l = hash_first(&closure->hash, hash); l; l = hash_next(l, hash)) {
		struct closure_entry *entry = container_of(l, struct closure_entry, link);

		if (strcmp(entry->file->path, path) == 0)
			return entry;
	}
	return NULL;
}

struct closure_entry *closure_find(const struct closure *closure, const char *path)
{
	return find_hashed(closure, path, hash_string(path));
}

static int entry_new(struct closure *closure, const struct source_entry *file,
		     struct closure_entry **ret_entry)
{
	struct closure_entry *entry = arena_take(&closure->memory, sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	entry->file = file;
	entry->rule = -1;
	entry->verdict = VERDICT_STAT_ONLY; /* until settled */
	if (array_reserve(&closure->entries, 1) < 0 ||
	    hash_add(&closure->hash, &entry->link, file->link.hash) < 0)
		return -ENOMEM;
	closure->entries.items[closure->entries.count++] = entry;
	*ret_entry = entry;
	return 0;
}

static uint64_t work_hash(const struct work *work)
{
	return hash_pair(hash_number((uintptr_t)work->entry),
			 hash_pair((uintptr_t)work->origin, (uintptr_t)work->inherited));
}

static bool work_was_seen(const struct closure_work *state, const struct work *work)
{
	uint64_t hash = work_hash(work);

	for (struct hash_link *l = hash_first(&state->seen, hash); l; l = hash_next(l, hash)) {
		const struct work *seen = &container_of(l, struct work_seen, link)->work;

		if (seen->entry == work->entry && seen->origin == work->origin &&
		    seen->inherited == work->inherited)
			return true;
	}
	return false;
}

int closure_queue(struct closure *closure, struct closure_entry *entry, const char *origin,
		  const char *inherited)
{
	struct work work = {.entry = entry};
	struct work_seen *seen;

	if (entry->head == HEAD_DATA) /* it needs nothing */
		return 0;
	work.inherited = intern_string(&closure->strings, inherited ? inherited : "");
	work.origin = intern_string(&closure->strings, origin);
	if (!work.inherited || (origin && !work.origin))
		return -ENOMEM;
	if (work_was_seen(closure->work, &work))
		return 0;
	seen = arena_take(&closure->memory, sizeof(*seen));
	if (!seen)
		return -ENOMEM;
	seen->work = work;
	if (hash_add(&closure->work->seen, &seen->link, work_hash(&work)) < 0)
		return -ENOMEM;
	return array_push(&closure->work->queue, work);
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
	struct closure_entry *entry = find_hashed(closure, file->path, file->link.hash);
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

static int compare_entries(const void *a, const void *b)
{
	const struct closure_entry *x = *(struct closure_entry *const *)a;
	const struct closure_entry *y = *(struct closure_entry *const *)b;

	return strcmp(x->file->path, y->file->path);
}

static int work_off(struct closure *closure, struct error *err)
{
	struct closure_work *state = closure->work;
	const volatile int *cancel = closure->options.cancel;

	while (state->queue.done < state->queue.count) {
		struct work work = state->queue.items[state->queue.done++];
		int r = cancel && *cancel ? -EINTR : closure_expand(closure, &work, err);

		if (r < 0)
			return r == -EINTR ? error_set(err, r, "interrupted") : r;
	}
	return 0;
}

int closure_compute(struct closure *closure, struct error *err)
{
	size_t before;
	int r;

	r = closure_apply_rules(closure, err);
	do {
		before = closure->entries.count;
		if (r == 0)
			r = work_off(closure, err);
		if (r == 0)
			r = ecosystems_apply(closure, err);
	} while (r == 0 && (closure->entries.count > before ||
			    closure->work->queue.done < closure->work->queue.count));
	if (r == 0)
		r = closure_report_unresolved(closure, err);
	if (r < 0)
		return r;
	qsort(closure->entries.items, closure->entries.count, sizeof(*closure->entries.items),
	      compare_entries);
	return 0;
}
