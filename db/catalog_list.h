/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A catalog in memory, in byte order of its paths: from a walk over a source, or from a manifest. A
 * path costs what it does not share with the one before it and a few bytes: the 560,000 of a
 * machine's own root 14 MB.
 */
#ifndef DB_CATALOG_LIST_H
#define DB_CATALOG_LIST_H

#include "db/base/text.h"
#include "db/catalog.h"

struct catalog_list {
	struct text bytes; /* entry after entry: how much of the path is as before, what is not, kind, mode, size … */
	struct text last;  /* the path added last */
	uint64_t count;
	uint64_t files, file_bytes; /* regular files, folded ones too */
	uint64_t table_bytes;       /* about what it takes in a manifest */
	bool folded;                /* a directory is */
};

#define CATALOG_LIST_INIT {.bytes = TEXT_INIT, .last = TEXT_INIT}

void catalog_list_release(struct catalog_list *list);

/* 0 or -ENOMEM. Its path comes after all that are there. */
int catalog_list_add(struct catalog_list *list, const struct catalog_entry *entry);

/* All of a manifest's catalog, into an empty list. */
int catalog_list_read(struct manifest *manifest, struct catalog_list *list, struct error *err);

/*
 * Walk the directory `root`, as catalog_scan_until() does, into an empty list. Directories that cannot
 * be read are counted in *ret_skipped.
 */
int catalog_list_scan(const char *root, bool xdev, const volatile int *cancelled, struct catalog_list *list,
		      uint64_t *ret_skipped, struct error *err);

struct catalog_list_cursor {
	size_t at;        /* of the next entry's bytes */
	struct text path; /* of the one returned last */
};

#define CATALOG_LIST_CURSOR_INIT {.path = TEXT_INIT}

void catalog_list_cursor_release(struct catalog_list_cursor *cursor);

/* 1 the next one, its path lent until the next call; 0 the end; -ENOMEM. */
int catalog_list_next(const struct catalog_list *list, struct catalog_list_cursor *cursor,
		      struct catalog_entry *ret_entry);

/*
 * Make the catalog what the list says, in one transaction; where it is not whole, what is not in it
 * stays.
 */
int catalog_take(struct manifest *manifest, const struct catalog_list *list, bool whole,
		 struct error *err);

#endif
