// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/from_selection.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "pack/need/admission.h"

/* Say that the source is not what was traced: an error, or a warning where that was allowed. */
static int report_change(struct closure *closure, const char *path, const char *what,
			 struct error *err)
{
	_cleanup_(text_release) struct text shown = TEXT_INIT;

	text_add_escaped(&shown, path);
	if (!closure->options.allow_changed)
		return error_set(err, -ESTALE,
				 "'%s' %s in %s since it was traced; trace again, or pack it as it is "
				 "now with --allow-changed", shown.bytes, what,
				 source_path(closure->source));
	return closure_warn(closure, "%s %s since it was traced", shown.bytes, what) < 0
		       ? error_oom(err)
		       : 0;
}

static bool contents_used(const struct selected *selected)
{
	return selected->uses & (USE_READ | USE_WRITTEN | USE_EXECUTED | USE_MISSED | USE_CHANGED);
}

/* How the file differs from what the session saw, in words; NULL: it does not, as far as it matters. */
static const char *change_of(const struct source_entry *file, const struct selected *selected)
{
	const struct found *found = &selected->found;

	if (found->kind == ENTRY_MISSING)
		return NULL; /* nobody looked */
	if (file->kind != found->kind)
		return "has become something else";
	/* of what was only looked at, or is only appended to, contents do not matter */
	if (file->kind != ENTRY_FILE || !(selected->uses & (USE_READ | USE_EXECUTED)))
		return NULL;
	if (file->size < found->size)
		return "has shrunk";
	if (file->size != found->size || (found->mtime_ns && file->mtime_ns != found->mtime_ns))
		return "has changed";
	return NULL;
}

static int add_selected(struct closure *closure, const struct selected *selected, uint64_t order,
			struct error *err)
{
	struct reason reason = {.kind = REASON_SESSION};
	bool contents = contents_used(selected) || closure->options.stat_only == STAT_ONLY_WHOLE;
	struct closure_entry *entry;
	const char *change;
	int r;

	r = closure_add(closure, selected->path, contents ? CLOSURE_CONTENTS : 0, &reason, -1,
			&entry, err);
	/* behind a door that is closed to us is nothing, as it was for who was traced */
	if (r == -EACCES && selected->found.kind == ENTRY_MISSING)
		return 0;
	if (source_has_none(r))
		return selected->found.kind == ENTRY_MISSING || !(selected->uses & ~USE_MISSED)
			       ? 0
			       : report_change(closure, selected->path, "has vanished", err);
	if (r < 0)
		return r;
	if (!entry->selected) {
		entry->selected = selected;
		entry->order = order;
		if (entry->verdict == VERDICT_SECRET) /* it may be one that counts when read */
			r = closure_settle(closure, entry, false, err);
	}
	if (r < 0 || !closure_entry_in(entry))
		return r;
	change = change_of(entry->file, selected);
	return change ? report_change(closure, selected->path, change, err) : 0;
}

/* The names in one directory that a session listed. */
struct listing {
	struct closure *closure;
	struct closure_entry *directory;
	struct error *err;
};

static int add_listed(const char *name, void *data)
{
	const struct listing *listing = data;
	struct closure *closure = listing->closure;
	struct reason reason = {REASON_LISTED, listing->directory, NULL};
	_cleanup_(freep) char *path = path_join(listing->directory->file->path, name);
	int r;

	if (!path)
		return error_oom(listing->err);
	r = closure_add(closure, path,
			closure->options.listed == LISTED_FULL ? CLOSURE_CONTENTS : 0, &reason, -1,
			NULL, listing->err);
	return source_has_none(r) ? 0 : r;
}

static bool was_listed(const struct closure_entry *entry)
{
	return entry->selected && closure_entry_in(entry) && entry->selected->uses & USE_LISTED &&
	       entry->file->kind == ENTRY_DIR;
}

static int add_listings(struct closure *closure, struct error *err)
{
	size_t count = closure->entries.count;
	int r = 0;

	if (closure->options.listed == LISTED_NONE)
		return 0;
	for (size_t i = 0; i < count && r == 0; i++) {
		struct listing listing = {closure, closure->entries.items[i], err};

		if (was_listed(listing.directory))
			r = source_list(closure->source, listing.directory->file->path, add_listed,
					&listing, err);
	}
	return r;
}

/* The names in a directory that are not in. */
struct counting {
	const struct closure *closure;
	const char *directory;
	uint64_t left_out;
};

static int count_name(const char *name, void *data)
{
	struct counting *counting = data;
	_cleanup_(freep) char *path = path_join(counting->directory, name);
	const struct closure_entry *entry;

	if (!path)
		return -ENOMEM;
	entry = closure_find(counting->closure, path);
	counting->left_out += !entry || !closure_entry_in(entry);
	return 0;
}

int closure_count_listed(const struct closure *closure, struct closure_listed *ret_listed,
			 struct error *err)
{
	struct closure_listed listed = {0};

	for (size_t i = 0; i < closure->entries.count; i++) {
		const struct closure_entry *entry = closure->entries.items[i];
		struct counting counting = {closure, entry->file->path, 0};
		int r;

		if (!was_listed(entry))
			continue;
		r = source_list(closure->source, entry->file->path, count_name, &counting, err);
		if (r < 0)
			return r == -ENOMEM ? error_oom(err) : r;
		listed.directories++;
		listed.left_out += counting.left_out;
	}
	*ret_listed = listed;
	return 0;
}

int closure_add_selection(struct closure *closure, const struct selection *selection,
			  struct error *err)
{
	_cleanup_(freep) uint64_t *order = selection_orders(selection);
	int r = 0;

	if (!order)
		return error_oom(err);
	for (size_t i = 0; i < selection->count && r == 0; i++)
		r = add_selected(closure, &selection->items[i], order[i], err);
	return r < 0 ? r : add_listings(closure, err);
}
