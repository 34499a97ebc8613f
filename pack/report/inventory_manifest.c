// SPDX-License-Identifier: BSD-2-Clause
#include "pack/report/inventory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/access_use.h"
#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/catalog.h"
#include "db/session.h"

/* Room for the numbers of one session in the order of all of them. */
enum { SEQUENCE_BITS = 40 };

static int item_new(struct inventory *inventory, const char *path, const struct found *found,
		    struct inventory_item **ret_item, struct error *err)
{
	struct inventory_item *item;

	if (array_reserve(inventory, 1) < 0)
		return error_oom(err);
	item = &inventory->items[inventory->count];
	*item = (struct inventory_item){.path = strdup(path), .found = *found};
	item->found.target = found->target ? strdup(found->target) : NULL;
	inventory->count++; /* from here on it is freed with the others */
	if (!item->path || (found->target && !item->found.target))
		return error_oom(err);
	*ret_item = item;
	return 0;
}

static int item_set_program(struct inventory_item *item, const char *exe, struct error *err)
{
	item->program = strdup(exe);
	return item->program ? 0 : error_oom(err);
}

/* Places of sessions in the order of their start, found by their row. */
struct places {
	int64_t *ids; /* in that order */
	size_t count, last;
};

static uint64_t place_of(struct places *places, int64_t id)
{
	/* rows of one path come in that order, and mostly of the same few */
	for (size_t i = 0; i < places->count; i++) {
		size_t place = (places->last + i) % places->count;

		if (places->ids[place] == id) {
			places->last = place;
			return place;
		}
	}
	return 0;
}

static int places_read(struct manifest *manifest, struct places *ret_places, struct error *err)
{
	_cleanup_(session_list_release) struct session_list list = {0};
	int r = session_list_read(manifest, &list, err);

	if (r < 0)
		return r;
	ret_places->ids = calloc(list.count + 1, sizeof(*ret_places->ids));
	if (!ret_places->ids)
		return error_oom(err);
	for (size_t i = 0; i < list.count; i++)
		ret_places->ids[i] = list.items[i].id;
	ret_places->count = list.count;
	return 0;
}

struct reading {
	struct inventory *inventory;
	struct places places;
	int64_t entry;   /* the last row's, */
	int64_t session; /* and its session */
	size_t first;    /* the first item of that entry */
};

static int add_use(struct reading *reading, const struct access_row *row, struct error *err)
{
	uint64_t order = place_of(&reading->places, row->session) << SEQUENCE_BITS |
			 (row->first_seq & ((1ULL << SEQUENCE_BITS) - 1));
	struct inventory *inventory = reading->inventory;
	struct inventory_item *item;
	int r;

	if (row->entry.id != reading->entry || !inventory->count) {
		r = item_new(inventory, row->entry.path, &row->entry.found, &item, err);
		if (r == 0)
			r = item_set_program(item, row->exe, err);
		if (r < 0)
			return r;
		reading->entry = row->entry.id;
		reading->session = row->session;
		item->order = order;
		item->sessions = 1;
	}
	item = &inventory->items[inventory->count - 1];
	if (row->session != reading->session)
		item->sessions++;
	reading->session = row->session;
	item->operations += row->count;
	return 0;
}

static int add_miss(struct reading *reading, const struct access_row *row, struct error *err)
{
	struct inventory *inventory = reading->inventory;
	struct inventory_item *item;
	int r;

	if (row->entry.id != reading->entry)
		reading->first = inventory->count;
	reading->entry = row->entry.id;
	for (size_t i = reading->first; i < inventory->count; i++) {
		item = &inventory->items[i];
		if (item->op == row->op && item->error == row->error &&
		    strcmp(item->program, row->exe) == 0) {
			item->operations += row->count;
			return 0;
		}
	}
	r = item_new(inventory, row->entry.path, &row->entry.found, &item, err);
	if (r == 0)
		r = item_set_program(item, row->exe, err);
	if (r < 0)
		return r;
	item->op = row->op;
	item->error = row->error;
	item->operations = row->count;
	return 0;
}

static int by_order(const void *a, const void *b)
{
	const struct inventory_item *x = *(struct inventory_item *const *)a;
	const struct inventory_item *y = *(struct inventory_item *const *)b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return strcmp(x->path, y->path);
}

/* From places in sessions to 1, 2, 3. */
static int number_orders(struct inventory *inventory, struct error *err)
{
	_cleanup_(freep) struct inventory_item **sorted = NULL;

	sorted = calloc(inventory->count + 1, sizeof(struct inventory_item *));
	if (!sorted)
		return error_oom(err);
	for (size_t i = 0; i < inventory->count; i++)
		sorted[i] = &inventory->items[i];
	sort_items(sorted, inventory->count, sizeof(struct inventory_item *), by_order);
	for (size_t i = 0; i < inventory->count; i++)
		sorted[i]->order = i + 1;
	return 0;
}

static int read_accesses(struct manifest *manifest, enum inventory_part part,
			 struct inventory *inventory, struct error *err)
{
	_cleanup_(access_walk_endp) struct access_walk *walk = NULL;
	struct reading reading = {.inventory = inventory};
	struct access_row row;
	int r;

	r = places_read(manifest, &reading.places, err);
	if (r == 0)
		r = access_walk_begin(manifest, NULL, 0, &walk, err);
	while (r == 0 && (r = access_walk_next(walk, &row, err)) > 0) {
		r = 0;
		if (part == INVENTORY_NEEDED && access_is_use(&row))
			r = add_use(&reading, &row, err);
		else if (part == INVENTORY_MISSING && access_is_vain(&row))
			r = add_miss(&reading, &row, err);
	}
	free(reading.places.ids);
	if (r == 0 && part == INVENTORY_NEEDED)
		r = number_orders(inventory, err);
	return r;
}

/* Two walks in the order of paths, side by side. */
static int read_untouched(struct manifest *manifest, struct inventory *inventory,
			  struct error *err)
{
	_cleanup_(catalog_walk_endp) struct catalog_walk *catalog = NULL;
	_cleanup_(access_walk_endp) struct access_walk *walk = NULL;
	struct catalog_entry entry;
	struct inventory_item *item;
	struct access_row row;
	int r, more = 1, order;

	r = access_walk_begin(manifest, NULL, 0, &walk, err);
	if (r == 0)
		r = more = access_walk_next(walk, &row, err);
	if (r >= 0)
		r = catalog_walk_begin(manifest, &catalog, err);
	while (r == 0 && (r = catalog_walk_next(catalog, &entry, err)) > 0) {
		while ((order = more > 0 ? strcmp(row.entry.path, entry.path) : 1) < 0)
			more = access_walk_next(walk, &row, err);
		if (more < 0)
			return more;
		r = 0;
		if (order > 0 || entry.folded) {
			struct found found = {.kind = entry.kind, .size = entry.size};

			r = item_new(inventory, entry.path, &found, &item, err);
			if (r == 0)
				item->names = entry.names;
		}
	}
	return r;
}

int inventory_from_manifest(struct manifest *manifest, enum inventory_part part,
			    struct inventory *ret_inventory, struct error *err)
{
	_cleanup_(inventory_release) struct inventory inventory = {.kind = INVENTORY_MANIFEST,
								   .has_times = true};
	int r = part == INVENTORY_UNTOUCHED ? read_untouched(manifest, &inventory, err)
					    : read_accesses(manifest, part, &inventory, err);

	if (r < 0)
		return r;
	*ret_inventory = inventory;
	inventory = (struct inventory)INVENTORY_INIT;
	return 0;
}
