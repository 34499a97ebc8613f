// SPDX-License-Identifier: BSD-2-Clause
#include "pack/evidence/explanation.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/evidence/json.h"
#include "pack/need/reason.h"

enum { PHRASE_WIDTH = 20 };

void explanation_release(struct explanation *explanation)
{
	array_release(explanation);
}

/* One entry reached by the search, from the one whose reason led here. */
struct reached {
	const struct evidence_entry *entry;
	const struct evidence_reason *reason; /* of the predecessor */
	size_t before;                        /* its index; of the start: its own */
};

struct front {
	struct reached *items;
	size_t count, capacity;
	struct hash seen; /* struct mark */
};

struct mark {
	struct hash_link link;
	const struct evidence_entry *entry;
};

static bool is_seen(const struct front *front, const struct evidence_entry *entry)
{
	uint64_t hash = hash_number((uintptr_t)entry);

	for (struct hash_link *l = hash_first(&front->seen, hash); l; l = hash_next(l, hash))
		if (container_of(l, struct mark, link)->entry == entry)
			return true;
	return false;
}

static int reach(struct front *front, const struct evidence_entry *entry,
		 const struct evidence_reason *reason, size_t before)
{
	struct reached reached = {entry, reason, before};
	struct mark *mark;

	if (is_seen(front, entry))
		return 0;
	mark = malloc(sizeof(*mark));
	if (!mark)
		return -ENOMEM;
	mark->entry = entry;
	if (hash_add(&front->seen, &mark->link, hash_number((uintptr_t)entry)) < 0) {
		free(mark);
		return -ENOMEM;
	}
	return array_push(front, reached);
}

static void front_release(struct front *front)
{
	struct hash_cursor cursor = {0};
	struct hash_link *link;

	while ((link = hash_each(&front->seen, &cursor)))
		free(container_of(link, struct mark, link));
	hash_release(&front->seen);
	array_release(front);
}

/* A reason that needs no other: somebody used it, or asked for it. */
static const struct evidence_reason *root_of(const struct evidence_entry *entry)
{
	const struct evidence_reason *found = NULL;

	for (size_t i = 0; i < entry->reason_count; i++)
		if (!entry->reasons[i].from &&
		    (!found || entry->reasons[i].kind < found->kind))
			found = &entry->reasons[i];
	return found;
}

/* Reasons that say more than that somebody opened it: a library is opened because it is needed. */
static bool is_telling(const struct evidence_reason *reason)
{
	return reason->from &&
	       (reason->kind == REASON_NEEDED || reason->kind == REASON_INTERPRETER ||
		reason->kind == REASON_SHEBANG || reason->kind == REASON_TARGET ||
		reason->kind == REASON_DLOPEN);
}

/* Does the chain end well here: at a rule, at what was executed, at what nothing else explains? */
static bool ends_well(const struct evidence_entry *entry, const struct evidence_reason *end)
{
	if (end->kind != REASON_SESSION || (end->op && strcmp(end->op, "exec") == 0))
		return true;
	for (size_t i = 0; i < entry->reason_count; i++)
		if (is_telling(&entry->reasons[i]))
			return false;
	return true;
}

/* Write the chain down: from the start to the entry at `last`, whose own reason ends it. */
static int trace_back(const struct front *front, size_t last, const struct evidence_reason *end,
		      struct explanation *explanation)
{
	struct explanation_step step = {front->items[last].entry, end};
	size_t low, high;

	for (;;) {
		if (step.reason && array_push(explanation, step) < 0)
			return -ENOMEM;
		if (last == front->items[last].before)
			break;
		step.reason = front->items[last].reason;
		last = front->items[last].before;
		step.entry = front->items[last].entry;
	}
	for (low = 0, high = explanation->count; low + 1 < high; low++) {
		struct explanation_step swapped = explanation->items[low];

		explanation->items[low] = explanation->items[--high];
		explanation->items[high] = swapped;
	}
	return 0;
}

/* Reach all that the reasons of one entry name; only the telling ones while there are any. */
static int reach_on(const struct evidence *evidence, struct front *front, size_t at)
{
	const struct evidence_entry *entry = front->items[at].entry;
	bool telling = false;

	for (size_t i = 0; i < entry->reason_count; i++)
		telling = telling || is_telling(&entry->reasons[i]);
	for (size_t i = 0; i < entry->reason_count; i++) {
		const struct evidence_reason *reason = &entry->reasons[i];
		const struct evidence_entry *from =
			reason->from ? evidence_find(evidence, reason->from) : NULL;

		if (from && (is_telling(reason) || !telling) &&
		    reach(front, from, reason, at) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* The breadth-first search: what is reached first is nearest. */
static int search(const struct evidence *evidence, struct front *front,
		  struct explanation *explanation)
{
	for (size_t at = 0; at < front->count; at++) {
		const struct evidence_reason *end = root_of(front->items[at].entry);

		if (end && ends_well(front->items[at].entry, end))
			return trace_back(front, at, end, explanation);
		if (reach_on(evidence, front, at) < 0)
			return -ENOMEM;
	}
	for (size_t at = 0; at < front->count; at++) { /* libraries that need each other */
		const struct evidence_reason *end = root_of(front->items[at].entry);

		if (end)
			return trace_back(front, at, end, explanation);
	}
	return trace_back(front, front->count - 1, NULL, explanation);
}

int explanation_find(const struct evidence *evidence, const struct evidence_entry *entry,
		     struct explanation *ret_explanation)
{
	struct explanation explanation = {0};
	struct front front = {0};
	int r;

	r = reach(&front, entry, NULL, 0);
	if (r == 0)
		r = search(evidence, &front, &explanation);
	front_release(&front);
	if (r < 0) {
		explanation_release(&explanation);
		return r;
	}
	*ret_explanation = explanation;
	return 0;
}

/* "executed in" rather than "used in", where the operation is known. */
static const char *phrase_of(const struct evidence_reason *reason)
{
	static const struct {
		const char *op, *phrase;
	} ops[] = {
		{"exec", "executed in"},      {"open", "opened in"},	{"readdir", "listed in"},
		{"readlink", "read as link in"}, {"stat", "looked at in"}, {"access", "looked at in"},
		{"lookup", "looked up in"},   {"create", "written in"}, {"write", "written in"},
		{"unlink", "deleted in"},     {"rename", "renamed in"},
	};

	if (reason->kind == REASON_SESSION && reason->missed)
		return "missed in prod";
	if (reason->kind == REASON_SESSION && reason->op)
		for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
			if (strcmp(ops[i].op, reason->op) == 0)
				return ops[i].phrase;
	return reason_phrase(reason->kind);
}

static void add_session(const struct evidence_reason *reason, struct text *text)
{
	text_add(text, "session \"");
	text_add_escaped(text, reason->session);
	text_printf(text, "\", first at %.3f s", (double)reason->after_ns / 1e9);
	if (reason->program && *reason->program) {
		text_add(text, ", by ");
		text_add_escaped(text, reason->program);
	}
}

/* by /usr/bin/cat at 2026-11-21 14:03:22, 3 times (web/1) */
static void add_miss(const struct evidence_reason *reason, struct text *text)
{
	time_t seconds = (time_t)(reason->missed_ns / 1000000000);
	char when[32] = "?";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(when, sizeof(when), "%F %T", &tm);
	text_add(text, "by ");
	text_add_escaped(text, reason->program && *reason->program ? reason->program
								   : "an unknown program");
	text_printf(text, " at %s, ", when);
	text_add_count(text, reason->missed);
	text_add(text, reason->missed == 1 ? " time (" : " times (");
	text_add_escaped(text, reason->session);
	text_add(text, ")");
}

void explanation_line(const struct evidence_reason *reason, struct text *text)
{
	text_printf(text, "  %-*s ", PHRASE_WIDTH, phrase_of(reason));
	if (reason->kind == REASON_SESSION && reason->session && reason->missed)
		add_miss(reason, text);
	else if (reason->kind == REASON_SESSION && reason->session)
		add_session(reason, text);
	if (reason->from && reason->kind != REASON_MARGIN)
		text_add_escaped(text, reason->from);
	if (!reason->detail)
		return;
	if (reason->kind == REASON_RULE || reason->kind == REASON_MARGIN || (reason->kind == REASON_PASSAGE && !reason->from)) {
		text_add_escaped(text, reason->detail);
		return;
	}
	text_add(text, reason->kind == REASON_NEEDED	? " (DT_NEEDED "
		       : reason->kind == REASON_SHEBANG ? " (#!"
							: " (");
	text_add_escaped(text, reason->detail);
	text_add(text, ")");
}

json_t *explanation_json(const struct evidence_entry *entry, const struct explanation *chain)
{
	json_t *json = evidence_entry_json(entry), *steps = json_array();
	int r = json && steps ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < chain->count; i++) {
		json_t *step = evidence_reason_json(chain->items[i].reason);

		r = step ? json_set(step, "path", json_path(chain->items[i].entry->path)) : -ENOMEM;
		if (r == 0)
			r = json_array_append_new(steps, step);
		else
			json_decref(step);
	}
	if (r == 0)
		r = json_set(json, "chain", json_incref(steps));
	json_decref(steps);
	if (r < 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}
