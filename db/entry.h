/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An entry: one path inside the root and what was found there when the newest mount first saw it.
 */
#ifndef DB_ENTRY_H
#define DB_ENTRY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "db/base/error.h"
#include "db/manifest.h"

enum entry_kind {
	ENTRY_MISSING, /* NULL in the manifest: it did not exist */
	ENTRY_FILE,
	ENTRY_DIR,
	ENTRY_LINK,
	ENTRY_CHAR,
	ENTRY_BLOCK,
	ENTRY_FIFO,
	ENTRY_SOCKET,
	ENTRY_UNKNOWN, /* it exists (or may), but what it is was not seen: only ever in a struct found */
};

enum entry_origin { ENTRY_SOURCE, ENTRY_CREATED };

/* Of somebody who has no number in the user namespace of who looked: NULL in the manifest. */
#define OWNER_UNKNOWN UINT32_MAX

/* What was found at a path. */
struct found {
	enum entry_kind kind;
	enum entry_origin origin;
	uint64_t size;
	uint32_t mode; /* permission bits, 07777 */
	uint32_t uid, gid; /* or OWNER_UNKNOWN */
	int64_t mtime_ns;
	uint32_t nlink;
	const char *target; /* of a link; NULL when not read */
};

/* The kind for S_IFMT bits, and its name in the manifest ("file"; NULL for ENTRY_MISSING). */
enum entry_kind entry_kind_of_mode(mode_t mode);
const char *entry_kind_name(enum entry_kind kind);
/* ENTRY_MISSING for NULL, ENTRY_UNKNOWN for a name we do not know. */
enum entry_kind entry_kind_of_name(const char *name);

/* What lstat() says, as found (target stays NULL). */
void found_from_stat(const struct stat *st, enum entry_origin origin, struct found *ret_found);

/* One row, read; strings are borrowed until the next call on the same cursor. */
struct entry {
	int64_t id;
	const char *path;
	struct found found;
};

/* By path: 1 found (strings borrowed until the next call), 0 not there, or a negative errno. */
int entry_find(struct manifest *manifest, const char *path, struct entry *ret_entry,
	       struct error *err);

#endif
