// SPDX-License-Identifier: BSD-2-Clause
#include "db/catalog_fold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/digest.h"

/* An entry that stays. */
struct kept {
	struct hash_link link; /* of a folded directory, among the folded ones */
	struct catalog_entry entry;
	size_t length;
	bool was_folded; /* before: its figures are all there is to know */
	struct text names; /* in it, each with a byte 0; while it is open */
	char path[];
};

struct folding {
	const struct catalog_near *near;
	ARRAY(struct kept *) kept;
	struct hash folded; /* by path */
	/* What is in a directory has its place between "dir/" and "dir0": they close in the end. */
	ARRAY(struct kept *) open;
	struct error *err;
};

static void folding_release(struct folding *folding)
{
	for (size_t i = 0; i < folding->kept.count; i++) {
		text_release(&folding->kept.items[i]->names);
		free(folding->kept.items[i]);
	}
	array_release(&folding->kept);
	array_release(&folding->open);
	hash_release(&folding->folded);
}

static struct kept *folded_at(const struct folding *folding, const char *path, size_t length)
{
	uint64_t hash = hash_bytes(path, length);

	for (struct hash_link *l = hash_first(&folding->folded, hash); l; l = hash_next(l, hash)) {
		struct kept *kept = container_of(l, struct kept, link);

		if (kept->length == length && memcmp(kept->path, path, length) == 0)
			return kept;
	}
	return NULL;
}

/* Of the names as far as they are there: of none, when it is kept. */
static int digest_names(struct kept *kept)
{
	uint8_t digest[DIGEST_SIZE];

	if (text_failed(&kept->names))
		return -ENOMEM;
	if (digest_once(kept->names.bytes, kept->names.size, digest) < 0)
		return -EIO;
	memcpy(kept->entry.digest, digest, CATALOG_DIGEST_SIZE);
	return 0;
}

static int keep(struct folding *folding, const struct catalog_entry *entry, bool fold)
{
	size_t length = strlen(entry->path);
	struct kept *kept = calloc(1, sizeof(*kept) + length + 1);
	int r = 0;

	if (!kept || array_push(&folding->kept, kept) < 0) {
		free(kept);
		return -ENOMEM;
	}
	kept->entry = *entry;
	kept->entry.path = kept->path;
	kept->entry.folded = fold;
	kept->was_folded = entry->folded;
	kept->length = length;
	kept->names = (struct text)TEXT_INIT;
	memcpy(kept->path, entry->path, length);
	if (!fold)
		return 0;
	if (!kept->was_folded)
		r = digest_names(kept);
	return r < 0 ? r : hash_add(&folding->folded, &kept->link, hash_bytes(kept->path, length));
}

static int close_one(struct folding *folding)
{
	struct kept *kept = folding->open.items[--folding->open.count];
	int r = digest_names(kept);

	text_release(&kept->names);
	kept->names = (struct text)TEXT_INIT;
	return r;
}

static bool is_below(const char *path, const struct kept *directory)
{
	return strncmp(path, directory->path, directory->length) == 0 &&
	       path[directory->length] == '/';
}

static int close_those_before(struct folding *folding, const char *path)
{
	int r = 0;

	while (r == 0 && folding->open.count &&
	       !(path && is_below(path, folding->open.items[folding->open.count - 1])))
		r = close_one(folding);
	return r;
}

/* One more name in a far directory. */
static int count_in(struct folding *folding, struct kept *parent, const struct catalog_entry *entry)
{
	if (parent->was_folded)
		return 0;
	if (!folding->open.count || folding->open.items[folding->open.count - 1] != parent) {
		if (array_push(&folding->open, parent) < 0)
			return -ENOMEM;
	}
	parent->entry.names++;
	if (entry->kind == ENTRY_FILE) {
		parent->entry.files++;
		parent->entry.size += entry->size;
	}
	text_add(&parent->names, entry->path + parent->length + 1);
	return text_add_char(&parent->names, '\0');
}

/* What has no entry for its directory stays as it is. */
static int fold_entry(struct folding *folding, const struct catalog_entry *entry)
{
	size_t length = strlen(entry->path);
	size_t up = catalog_parent_length(entry->path, length);
	bool is_root = length == 1;
	bool is_far = entry->kind == ENTRY_DIR && !catalog_near_has(folding->near, entry->path, length);
	struct kept *parent = NULL;
	int r = close_those_before(folding, entry->path);

	if (r == 0 && !is_root && !catalog_near_has(folding->near, entry->path, up)) {
		parent = folded_at(folding, entry->path, up);
		if (parent)
			r = count_in(folding, parent, entry);
	}
	if (r < 0 || (parent && entry->kind != ENTRY_DIR))
		return r;
	return keep(folding, entry, (is_far && !is_root) || entry->folded);
}

static int write_kept(const struct folding *folding, struct catalog_list *list)
{
	int r = 0;

	for (size_t i = 0; i < folding->kept.count && r == 0; i++)
		r = catalog_list_add(list, &folding->kept.items[i]->entry);
	return r;
}

int catalog_fold(const struct catalog_list *list, const struct catalog_near *near,
		 struct catalog_list *ret_folded, struct error *err)
{
	_cleanup_(catalog_list_cursor_release) struct catalog_list_cursor cursor =
		CATALOG_LIST_CURSOR_INIT;
	_cleanup_(folding_release) struct folding folding = {.near = near};
	struct catalog_entry entry;
	int r;

	while ((r = catalog_list_next(list, &cursor, &entry)) > 0) {
		r = fold_entry(&folding, &entry);
		if (r < 0)
			break;
	}
	if (r == 0)
		r = close_those_before(&folding, NULL);
	if (r == 0)
		r = write_kept(&folding, ret_folded);
	return r < 0 ? error_code(err, r, "cannot fold the catalog") : 0;
}
