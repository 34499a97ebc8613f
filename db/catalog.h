/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The catalog: every path of the source root with kind, size and mode, so that "left out" and "never
 * existed" can be told apart later. Written once per mount, read by path.
 *
 * In the copy that goes into a package, directories far from what was used may be folded
 * (catalog_fold.h): how many names there are is known, and what they were is not, but that every
 * directory has an entry. Nothing but folded directories is below a folded one.
 */
#ifndef DB_CATALOG_H
#define DB_CATALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/entry.h"
#include "db/manifest.h"

enum { CATALOG_DIGEST_SIZE = 8 };

struct catalog_entry {
	const char *path; /* borrowed */
	enum entry_kind kind;
	uint64_t size; /* of a folded directory, of the regular files in it */
	uint16_t mode; /* permission bits, 07777 */
	bool has_mode; /* it is known: what was listed before schema version 3 has none */
	bool folded;
	uint64_t names, files; /* in a folded directory: all of them, and regular files */
	uint8_t digest[CATALOG_DIGEST_SIZE]; /* of a folded directory's names; zeroes when it is not known */
};

/* A path's place: is it there, could it have been there, or was it certainly not? */
enum catalog_answer {
	CATALOG_NEVER,   /* the source had no such path */
	CATALOG_LISTED,
	CATALOG_UNKNOWN, /* its directory is folded */
};

/* Is there a catalog already? */
int catalog_exists(struct manifest *manifest, bool *ret_exists, struct error *err);

/* Add one path; what is there already is replaced. Call inside a transaction (manifest_begin()). */
int catalog_add(struct manifest *manifest, const struct catalog_entry *entry, struct error *err);

/*
 * Walk the directory `root` (this file system and other disk file systems below it, no pseudo file
 * systems; one file system when xdev) and make the catalog what was found, in one transaction.
 * Directories that cannot be read are counted in *ret_skipped; when there are any, nothing is
 * taken out.
 */
int catalog_scan(struct manifest *manifest, const char *root, bool xdev, uint64_t *ret_skipped,
		 struct error *err);
/* The same until *cancelled becomes true (another thread sets it atomically): -ECANCELED then. */
int catalog_scan_until(struct manifest *manifest, const char *root, bool xdev,
		       const volatile int *cancelled, uint64_t *ret_skipped, struct error *err);

/* 1 found, 0 not in the catalog: then the source may still have had it, see catalog_ask(). */
int catalog_find(struct manifest *manifest, const char *path, struct catalog_entry *ret_entry,
		 struct error *err);

/* Was it in the source? The entry is that of the path, or of the folded directory it would be in. */
int catalog_ask(struct manifest *manifest, const char *path, enum catalog_answer *ret_answer,
		struct catalog_entry *ret_entry, struct error *err);

/* How many regular files there are, folded ones too, and their bytes; 0 and 0 without a catalog. */
int catalog_total(struct manifest *manifest, uint64_t *ret_files, uint64_t *ret_bytes,
		  struct error *err);

/* Every path in byte order: as access_walk. */
struct catalog_walk;
int catalog_walk_begin(struct manifest *manifest, struct catalog_walk **ret_walk,
		       struct error *err);
int catalog_walk_next(struct catalog_walk *walk, struct catalog_entry *ret_entry,
		      struct error *err);
void catalog_walk_end(struct catalog_walk *walk);
void catalog_walk_endp(struct catalog_walk **walk);

#endif
