// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/selection.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/path.h"

void selection_release(struct selection *selection)
{
	for (size_t i = 0; i < selection->count; i++)
		free(selection->items[i].path);
	array_release(selection);
	session_list_release(&selection->sessions);
	intern_release(&selection->strings);
}

static bool name_matches(const char *name, const struct session *session)
{
	_cleanup_(freep) char *pattern = NULL, *label = NULL;

	if (strcmp(name, session->uuid) == 0 || strcmp(name, session->label) == 0)
		return true;
	pattern = path_join("/", name);
	label = path_join("/", session->label);
	return pattern && label && path_match(pattern, label);
}

static bool any_matches(const char *const *names, size_t count, const struct session *session)
{
	for (size_t i = 0; i < count; i++)
		if (name_matches(names[i], session))
			return true;
	return false;
}

const struct session *selection_last(const struct session_list *sessions)
{
	for (size_t i = sessions->count; i-- > 0;)
		if (sessions->items[i].kind == SESSION_TEST)
			return &sessions->items[i];
	return sessions->count ? &sessions->items[sessions->count - 1] : NULL;
}

const struct session *selection_session(const struct session_list *sessions, const char *name)
{
	if (strcmp(name, "last") == 0)
		return selection_last(sessions);
	for (size_t i = sessions->count; i-- > 0;)
		if (strcmp(name, sessions->items[i].uuid) == 0 ||
		    strcmp(name, sessions->items[i].label) == 0)
			return &sessions->items[i];
	return NULL;
}

/* A name that picks no session at all is a slip, not a wish. */
static int check_names(const struct session_list *sessions, const char *const *names, size_t count,
		       struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		bool found = false;

		for (size_t j = 0; j < sessions->count && !found; j++)
			found = name_matches(names[i], &sessions->items[j]);
		if (!found)
			return error_set(err, -ENOENT, "no session is called '%s'", names[i]);
	}
	return 0;
}

static int check_whole(const struct manifest *manifest, const struct session *session,
		       struct error *err)
{
	const char *path = manifest_path(manifest);

	if (session->state == SESSION_OPEN)
		return error_set(err, -EBUSY,
				 "session \"%s\" of %s is still running; unmount it first, or build anyway "
				 "with --allow-interrupted", session->label, path);
	if (session->dropped)
		return error_set(err, -EUCLEAN,
				 "session \"%s\" of %s lost %" PRIu64 " accesses; build anyway with "
				 "--allow-interrupted", session->label, path, session->dropped);
	if (session->state == SESSION_INTERRUPTED)
		return error_set(err, -EUCLEAN,
				 "session \"%s\" of %s was interrupted and may lack its last second; "
				 "build anyway with --allow-interrupted", session->label, path);
	return 0;
}

/* Move the sessions that pass out of `all`. */
static int choose_sessions(struct manifest *manifest, const struct selection_filter *filter,
			   struct session_list *all, struct session_list *ret_chosen,
			   struct error *err)
{
	struct session_list chosen = {.items = calloc(all->count + 1, sizeof(*chosen.items))};
	int r = 0;

	if (!chosen.items)
		return error_oom(err);
	for (size_t i = 0; i < all->count && r == 0; i++) {
		struct session *session = &all->items[i];

		if ((filter->only_count &&
		     !any_matches(filter->only, filter->only_count, session)) ||
		    any_matches(filter->without, filter->without_count, session))
			continue;
		if (!filter->allow_interrupted &&
		    !(filter->allow_open && session->state == SESSION_OPEN))
			r = check_whole(manifest, session, err);
		chosen.items[chosen.count++] = *session;
		*session = (struct session){0};
	}
	if (r == 0 && chosen.count == 0)
		r = error_set(err, -ENOENT, "%s holds no session%s", manifest_path(manifest),
			      all->count ? " of those asked for" : "");
	if (r < 0) {
		session_list_release(&chosen);
		return r;
	}
	*ret_chosen = chosen;
	return 0;
}

static unsigned int uses_of(const struct access_row *row)
{
	switch (row->op) {
	case ACCESS_OPEN:
		return (row->flags & ACCESS_EXECUTING ? USE_EXECUTED : 0) |
		       (row->flags & ACCESS_WRITING ? USE_WRITTEN : 0) |
		       (row->flags & ACCESS_READING || !(row->flags & ACCESS_WRITING) ? USE_READ : 0);
	case ACCESS_EXEC:
		return USE_EXECUTED;
	case ACCESS_READDIR:
		return USE_LISTED;
	case ACCESS_WRITE:
	case ACCESS_CREATE: /* of what is there already: open(2) with O_CREAT */
		return USE_WRITTEN;
	case ACCESS_LINK:
	case ACCESS_UNLINK:
	case ACCESS_RMDIR:
	case ACCESS_RENAME:
	case ACCESS_SETATTR:
	case ACCESS_SETXATTR:
		return USE_CHANGED;
	default:
		return USE_SEEN;
	}
}

/* What explains a path best: that it was run, that it was opened, anything. */
static int importance(enum access_op op)
{
	return op == ACCESS_EXEC ? 2 : op == ACCESS_OPEN || op == ACCESS_READDIR ? 1 : 0;
}

/* All rows of one path being folded into one element. */
struct folding {
	struct selection *selection;
	uint32_t *seen_in; /* by session: the number of the path it was seen for last */
	uint32_t number;   /* of this path, from 1 */
	struct selected now;
	bool used, vain, created;
};

static int session_index(const struct selection *selection, int64_t id)
{
	for (size_t i = 0; i < selection->sessions.count; i++)
		if (selection->sessions.items[i].id == id)
			return (int)i;
	return -1;
}

/* What tracefs found in a scratch at the end (fs/scratch_written.h): whoever wrote it has asked for it before. */
static bool was_found_after(const struct access_row *row)
{
	return !*row->exe && !*row->comm && row->op >= ACCESS_CREATE && row->op <= ACCESS_SETXATTR;
}

static int fold_row(struct folding *folding, const struct access_row *row)
{
	struct selection *selection = folding->selection;
	struct selected *now = &folding->now;
	int index = session_index(selection, row->session);
	bool production = selection->sessions.items[index].kind == SESSION_PROD;
	bool absent = row->error == ENOENT || row->error == ENOTDIR;
	bool earlier;

	if (was_found_after(row))
		return 0;
	selection->accesses += row->count;
	if (absent && !production) {
		folding->vain = true;
		return 0;
	}
	if (row->entry.found.origin == ENTRY_CREATED) {
		folding->created = true;
		return 0;
	}
	now->uses |= production && absent ? USE_MISSED
		     : row->error	  ? USE_SEEN
					  : uses_of(row);
	now->missed += production ? row->count : 0;
	now->sessions += folding->seen_in[index] != folding->number;
	folding->seen_in[index] = folding->number;
	earlier = !folding->used || (uint32_t)index < now->session ||
		  ((uint32_t)index == now->session && row->first_seq < now->first_seq);
	if (earlier) {
		now->session = (uint32_t)index;
		now->first_seq = row->first_seq;
		now->first_ns = row->first_ns;
	}
	if (!folding->used || importance(row->op) > importance(now->op) ||
	    (importance(row->op) == importance(now->op) && earlier)) {
		now->op = row->op;
		now->exe = intern_string(&selection->strings, row->exe);
		if (!now->exe)
			return -ENOMEM;
	}
	folding->used = true;
	return 0;
}

/* The last row of a path is in: keep it, or count why not. Takes the path. */
static int fold_end(struct folding *folding)
{
	struct selection *selection = folding->selection;

	if (!folding->now.path)
		return 0;
	if (folding->used) {
		if (array_push(selection, folding->now) < 0)
			return -ENOMEM;
		folding->now.path = NULL;
		return 0;
	}
	selection->created += folding->created;
	selection->vain += folding->vain && !folding->created;
	return 0;
}

static int fold_begin(struct folding *folding, const struct entry *entry)
{
	struct folding next = {.selection = folding->selection, .seen_in = folding->seen_in,
			       .number = folding->number + 1};
	int r = fold_end(folding);

	free(folding->now.path);
	*folding = next;
	if (r < 0)
		return r;
	folding->now.found = entry->found;
	folding->now.found.target = NULL;
	folding->now.path = strdup(entry->path);
	return folding->now.path ? 0 : -ENOMEM;
}

static int read_rows(struct folding *folding, struct access_walk *walk, struct error *err)
{
	struct access_row row;
	int r, stored = 0;

	while ((r = access_walk_next(walk, &row, err)) > 0) {
		if (!folding->now.path || strcmp(folding->now.path, row.entry.path) != 0)
			stored = fold_begin(folding, &row.entry);
		if (stored == 0)
			stored = fold_row(folding, &row);
		if (stored < 0)
			return error_oom(err);
	}
	return r == 0 && fold_end(folding) < 0 ? error_oom(err) : r;
}

static int read_selected(struct manifest *manifest, struct selection *selection, struct error *err)
{
	_cleanup_(access_walk_endp) struct access_walk *walk = NULL;
	_cleanup_(freep) uint32_t *seen_in = calloc(selection->sessions.count, sizeof(*seen_in));
	_cleanup_(freep) int64_t *ids = calloc(selection->sessions.count, sizeof(*ids));
	struct folding folding = {.selection = selection, .seen_in = seen_in};
	int r;

	if (!ids || !seen_in)
		return error_oom(err);
	for (size_t i = 0; i < selection->sessions.count; i++)
		ids[i] = selection->sessions.items[i].id;
	r = access_walk_begin(manifest, ids, selection->sessions.count, &walk, err);
	if (r == 0)
		r = read_rows(&folding, walk, err);
	free(folding.now.path);
	return r;
}

int selection_from_sessions(struct manifest *manifest, const struct selection_filter *filter,
			    struct selection *ret_selection, struct error *err)
{
	_cleanup_(selection_release) struct selection selection = SELECTION_INIT;
	_cleanup_(session_list_release) struct session_list all = {0};
	int r;

	r = session_list_read(manifest, &all, err);
	if (r == 0)
		r = check_names(&all, filter->only, filter->only_count, err);
	if (r == 0)
		r = check_names(&all, filter->without, filter->without_count, err);
	if (r == 0)
		r = choose_sessions(manifest, filter, &all, &selection.sessions, err);
	if (r == 0 && !filter->sessions_only)
		r = read_selected(manifest, &selection, err);
	if (r < 0)
		return r;
	*ret_selection = selection;
	selection = (struct selection)SELECTION_INIT;
	return 0;
}

static int compare_path(const void *key, const void *item)
{
	return strcmp(key, ((const struct selected *)item)->path);
}

const struct selected *selection_find(const struct selection *selection, const char *path)
{
	if (!selection->count)
		return NULL;
	return bsearch(path, selection->items, selection->count, sizeof(*selection->items),
		       compare_path);
}

static int compare_first(const void *a, const void *b)
{
	const struct selected *x = *(const struct selected *const *)a;
	const struct selected *y = *(const struct selected *const *)b;

	if (x->session != y->session)
		return x->session < y->session ? -1 : 1;
	if (x->first_seq != y->first_seq)
		return x->first_seq < y->first_seq ? -1 : 1;
	return strcmp(x->path, y->path);
}

uint64_t *selection_orders(const struct selection *selection)
{
	_cleanup_(freep) const struct selected **sorted = NULL;
	uint64_t *order = calloc(selection->count + 1, sizeof(*order));

	sorted = calloc(selection->count + 1, sizeof(*sorted));
	if (!order || !sorted) {
		free(order);
		return NULL;
	}
	for (size_t i = 0; i < selection->count; i++)
		sorted[i] = &selection->items[i];
	sort_items(sorted, selection->count, sizeof(*sorted), compare_first);
	for (size_t i = 0; i < selection->count; i++)
		order[sorted[i] - selection->items] = i + 1;
	return order;
}
