/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The manifest: one SQLite file that remembers what traced runs touched (db/schema.sql, manifest(5)).
 * A struct manifest is one connection; it is used by one thread at a time.
 *
 * Opening checks that the file is a manifest we can read. What is not one, is newer than we know, is
 * cut short or corrupt is refused with one clear line and left untouched. A manifest of an older
 * version is climbed to ours when opened for writing, and read through temporary copies of the
 * missing parts when opened for reading.
 */
#ifndef DB_MANIFEST_H
#define DB_MANIFEST_H

#include <stdbool.h>

#include "db/base/error.h"

struct manifest;

enum manifest_mode {
	MANIFEST_READ,   /* must exist; nothing is written, a read-only file or directory will do */
	MANIFEST_WRITE,  /* must exist */
	MANIFEST_CREATE, /* made when it does not exist; mode 0644 less the umask */
};

/*
 * 0, or a negative errno with err set: -ENOENT missing, -EACCES and -EROFS no permission, -EMEDIUMTYPE
 * not a manifest, -EUCLEAN corrupt, -EPROTONOSUPPORT newer than we know. Opening for writing marks
 * sessions whose writer is gone as interrupted; for reading, they are reported so all the same.
 */
int manifest_open(const char *path, enum manifest_mode mode, struct manifest **ret_manifest,
		  struct error *err);
void manifest_close(struct manifest *manifest);
void manifest_closep(struct manifest **manifest);

/* The path it was opened by, borrowed. */
const char *manifest_path(const struct manifest *manifest);

/* One transaction (BEGIN IMMEDIATE; waits up to 10 s for another writer). They do not nest. */
int manifest_begin(struct manifest *manifest, struct error *err);
int manifest_commit(struct manifest *manifest, struct error *err);
/* Also after a failed commit; no error to report. */
void manifest_rollback(struct manifest *manifest);

/*
 * A compact copy (VACUUM INTO) as a file that is not there yet; it is a whole manifest in one file
 * without -wal beside it. The same contents give the same bytes.
 */
int manifest_copy(struct manifest *manifest, const char *path, struct error *err);
/*
 * A compact copy for others to have: `source` stands where the sessions name the root on this machine,
 * and `catalog` (catalog_list.h) is the catalog, whatever the manifest's is. Only the tables of a
 * manifest come along, and what `packed` (packed.h) says.
 */
struct catalog_list;
struct packed;
int manifest_copy_away(struct manifest *manifest, const char *source, const struct catalog_list *catalog,
		       const struct packed *packed, const char *path, struct error *err);

#endif
