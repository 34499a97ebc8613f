// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/reason.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name, *phrase;
} kinds[REASON_KINDS] = {
	[REASON_SESSION] = {"session", "used in"},
	[REASON_RULE] = {"rule", "by rule"},
	[REASON_PARENT] = {"parent", "directory of"},
	[REASON_TARGET] = {"target", "target of the link"},
	[REASON_PASSAGE] = {"passage", "on the way to"},
	[REASON_INTERPRETER] = {"interpreter", "interpreter of"},
	[REASON_NEEDED] = {"needed", "needed by"},
	[REASON_SHEBANG] = {"shebang", "runs the script"},
	[REASON_ECOSYSTEM] = {"ecosystem", "goes with"},
	[REASON_DLOPEN] = {"dlopen", "opened by"},
	[REASON_MARGIN] = {"margin", "by margin"},
	[REASON_LISTED] = {"listed", "named in the directory"},
	[REASON_MADE] = {"made", "made for the package"},
};

const char *reason_phrase(enum reason_kind kind)
{
	return kinds[kind].phrase;
}

const char *reason_name(enum reason_kind kind)
{
	return kinds[kind].name;
}

/* Of reasons that come in great numbers one example is enough. */
static bool reason_is_news(const struct closure_entry *entry, const struct reason *reason)
{
	for (size_t i = 0; i < entry->reason_count; i++) {
		const struct reason *known = &entry->reasons[i];

		if (known->kind != reason->kind)
			continue;
		if (reason->kind == REASON_PARENT || reason->kind == REASON_PASSAGE ||
		    reason->kind == REASON_SESSION || reason->kind == REASON_MARGIN || known->from == reason->from)
			return false;
	}
	return true;
}

/* Room for one more; most entries have one or two. */
static int reasons_reserve(struct closure *closure, struct closure_entry *entry)
{
	size_t capacity = entry->reason_capacity ? entry->reason_capacity * 2 : 1;
	struct reason *grown;

	if (entry->reason_count < entry->reason_capacity)
		return 0;
	grown = arena_take(&closure->memory, capacity * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	if (entry->reason_count)
		memcpy(grown, entry->reasons, entry->reason_count * sizeof(*grown));
	entry->reasons = grown;
	entry->reason_capacity = capacity;
	return 0;
}

int closure_reason_add(struct closure *closure, struct closure_entry *entry,
		       const struct reason *reason)
{
	struct reason kept = *reason;

	if (reason->from == entry || !reason_is_news(entry, reason)) /* nothing explains itself */
		return 0;
	kept.detail = intern_string(&closure->strings, reason->detail);
	if ((reason->detail && !kept.detail) || reasons_reserve(closure, entry) < 0)
		return -ENOMEM;
	entry->reasons[entry->reason_count++] = kept;
	return 0;
}
