/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a package was made of, for the manifest that it carries: the tables packed and package. They are
 * written once, when the copy is made, and read by who draws a report or asks in SQL.
 */
#ifndef DB_PACKED_H
#define DB_PACKED_H

#include <stdint.h>

#include "db/base/array.h"
#include "db/base/error.h"
#include "db/entry.h"
#include "db/manifest.h"

/* Strings are borrowed; NULL where a comment in db/schema.sql says so. */
struct packed_path {
	const char *path;
	enum entry_kind kind;
	uint64_t size;
	const char *package, *reason, *because, *detail;
};

struct packed_package {
	const char *name, *version;
	uint64_t files, bytes, files_kept, bytes_kept;
};

struct packed {
	ARRAY(struct packed_path) paths; /* in order */
	ARRAY(struct packed_package) packages;
};

/* Into tables that are empty; packages of one name (of several architectures) are added up. */
int packed_write(struct manifest *manifest, const struct packed *packed, struct error *err);

/* Visit each package, the one that keeps the most first; a visitor that returns non-zero ends it. */
int packed_each_package(struct manifest *manifest,
			int (*visit)(const struct packed_package *package, void *data), void *data,
			struct error *err);

#endif
