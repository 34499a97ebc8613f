// SPDX-License-Identifier: BSD-2-Clause
#include "pack/evidence/evidence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"

static const char *const verdicts[] = {
	[VERDICT_IN] = "in",
	[VERDICT_RULE] = "rule",
	[VERDICT_SECRET] = "secret",
	[VERDICT_STAT_ONLY] = "stat-only",
};

const char *verdict_name(enum closure_verdict verdict)
{
	return verdicts[verdict];
}

void evidence_release(struct evidence *evidence)
{
	for (size_t i = 0; i < evidence->count; i++)
		free(evidence->items[i].reasons);
	free(evidence->items);
	free(evidence->warnings);
	hash_release(&evidence->hash);
	intern_release(&evidence->strings);
	*evidence = (struct evidence){0};
}

struct evidence_entry *evidence_find(const struct evidence *evidence, const char *path)
{
	uint64_t hash = hash_string(path);

	for (struct hash_link *l = hash_first(&evidence->hash, hash); l; l = hash_next(l, hash)) {
		struct evidence_entry *entry = container_of(l, struct evidence_entry, link);

		if (strcmp(entry->path, path) == 0)
			return entry;
	}
	return NULL;
}

int evidence_index(struct evidence *evidence)
{
	for (size_t i = 0; i < evidence->count; i++)
		if (hash_add(&evidence->hash, &evidence->items[i].link,
			     hash_string(evidence->items[i].path)) < 0)
			return -ENOMEM;
	return 0;
}

bool evidence_keep(struct evidence *evidence, const char *string, const char **ret_string)
{
	*ret_string = intern_string(&evidence->strings, string);
	return *ret_string || !string;
}

static bool keep_session(struct evidence *evidence, const struct selected *selected,
			 const struct selection *selection, struct evidence_reason *reason)
{
	const struct session *session = &selection->sessions.items[selected->session];

	reason->after_ns = selected->first_ns - session->started_ns;
	if (session->kind == SESSION_PROD) {
		reason->missed = selected->missed;
		reason->missed_ns = selected->first_ns;
	}
	return evidence_keep(evidence, session->label, &reason->session) &&
	       evidence_keep(evidence, selected->exe, &reason->program) &&
	       evidence_keep(evidence, access_op_name(selected->op), &reason->op);
}

static int copy_entry(struct evidence *evidence, const struct closure_entry *from,
		      const struct selection *selection, struct evidence_entry *entry)
{
	entry->kind = from->file->kind;
	entry->size = entry->kind == ENTRY_FILE ? from->file->size : 0;
	entry->verdict = from->verdict;
	entry->contents = from->contents;
	entry->order = from->order;
	entry->reasons = calloc(from->reason_count + 1, sizeof(*entry->reasons));
	if (!entry->reasons || !evidence_keep(evidence, from->file->path, &entry->path) ||
	    !evidence_keep(evidence, from->verdict_detail, &entry->verdict_detail))
		return -ENOMEM;
	for (size_t i = 0; i < from->reason_count; i++) {
		const struct reason *reason = &from->reasons[i];
		struct evidence_reason *kept = &entry->reasons[entry->reason_count++];

		kept->kind = reason->kind;
		if (!evidence_keep(evidence, reason->from ? reason->from->file->path : NULL, &kept->from) ||
		    !evidence_keep(evidence, reason->detail, &kept->detail))
			return -ENOMEM;
		if (reason->kind == REASON_SESSION && from->selected &&
		    !keep_session(evidence, from->selected, selection, kept))
			return -ENOMEM;
	}
	return 0;
}

static int copy_warnings(struct evidence *evidence, const struct closure *closure)
{
	evidence->warnings = calloc(closure->warnings.count + 1, sizeof(*evidence->warnings));
	if (!evidence->warnings)
		return -ENOMEM;
	for (size_t i = 0; i < closure->warnings.count; i++)
		if (!evidence_keep(evidence, closure->warnings.items[i],
			  &evidence->warnings[evidence->warning_count++]))
			return -ENOMEM;
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct evidence_entry *x = a, *y = b;

	return strcmp(x->path, y->path);
}

int evidence_add_made(struct evidence *evidence, const struct evidence_made *made, size_t count,
		      struct error *err)
{
	struct evidence_entry *items;

	items = reallocarray(evidence->items, evidence->count + count + 1, sizeof(*items));
	if (!items)
		return error_oom(err);
	evidence->items = items;
	for (size_t i = 0; i < count; i++) {
		struct evidence_entry *entry = &items[evidence->count++];

		*entry = (struct evidence_entry){.kind = made[i].kind, .verdict = VERDICT_IN,
						 .contents = made[i].kind == ENTRY_FILE};
		entry->reasons = calloc(1, sizeof(*entry->reasons));
		if (!entry->reasons || !evidence_keep(evidence, made[i].path, &entry->path))
			return error_oom(err);
		entry->reasons[entry->reason_count++].kind = REASON_MADE;
	}
	sort_items(items, evidence->count, sizeof(*items), by_path);
	/* the entries have moved */
	hash_release(&evidence->hash);
	return evidence_index(evidence) < 0 ? error_oom(err) : 0;
}

static int from_entries(const struct closure *closure, struct closure_entry *const *entries,
			size_t count, const struct selection *selection,
			struct evidence *ret_evidence, struct error *err)
{
	_cleanup_(evidence_release) struct evidence evidence = {0};

	evidence.items = calloc(count + 1, sizeof(*evidence.items));
	if (!evidence.items)
		return error_oom(err);
	for (size_t i = 0; i < count; i++)
		if (copy_entry(&evidence, entries[i], selection,
			       &evidence.items[evidence.count++]) < 0)
			return error_oom(err);
	if (copy_warnings(&evidence, closure) < 0 || evidence_index(&evidence) < 0)
		return error_oom(err);
	*ret_evidence = evidence;
	evidence = (struct evidence){0};
	return 0;
}

int evidence_from_closure(const struct closure *closure, const struct selection *selection,
			  struct evidence *ret_evidence, struct error *err)
{
	return from_entries(closure, closure->entries.items, closure->entries.count, selection,
			    ret_evidence, err);
}

/* Entries that explain each other, each once. */
struct explaining {
	struct closure_entry **items;
	size_t count, capacity;
	struct intern paths;
};

static void explaining_release(struct explaining *explaining)
{
	array_release(explaining);
	intern_release(&explaining->paths);
}

static int explaining_add(struct explaining *explaining, const struct closure *closure,
			  const char *path)
{
	struct closure_entry *entry = closure_find(closure, path);

	if (!entry || intern_has(&explaining->paths, path))
		return 0;
	return intern_string(&explaining->paths, path) ? array_push(explaining, entry) : -ENOMEM;
}

int evidence_about(const struct closure *closure, const struct selection *selection,
		   const char *path, struct evidence *ret_evidence, struct error *err)
{
	_cleanup_(explaining_release) struct explaining explaining = {0};
	int r = explaining_add(&explaining, closure, path);

	for (size_t i = 0; i < explaining.count && r == 0; i++) {
		const struct closure_entry *entry = explaining.items[i];

		for (size_t j = 0; j < entry->reason_count && r == 0; j++)
			if (entry->reasons[j].from)
				r = explaining_add(&explaining, closure,
						   entry->reasons[j].from->file->path);
	}
	return r < 0 ? error_oom(err)
		     : from_entries(closure, explaining.items, explaining.count, selection,
				    ret_evidence, err);
}
