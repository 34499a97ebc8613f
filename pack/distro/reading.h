/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A distribution while it is read: what the readers of all package managers stand on. They fill
 * `installed` records, and what those point into is kept until the distribution is released.
 */
#ifndef PACK_DISTRO_READING_H
#define PACK_DISTRO_READING_H

#include <stddef.h>

#include "db/base/error.h"
#include "pack/distro/distribution.h"

/* A distribution while it is read. */
struct reading {
	struct distribution *distribution;
	struct source *source;
	const char **diversions; /* from, to, by whom; by threes */
	size_t diversion_count;
	struct error *err;
};

/* Memory that lives as long as the distribution; takes it over. NULL: out of memory. */
char *reading_keep(struct reading *reading, char *text);
const char *reading_keep_part(struct reading *reading, const char *start, size_t size);
/* A whole file, or NULL with *ret 0 when there is none. */
char *reading_text(struct reading *reading, const char *path, int *ret);

/* The next record of a text: lines up to an empty one; moves *text behind that. NULL: no more. */
const char *reading_record(const char **text, size_t *ret_size);
/* The value behind "Name: " or "N:" on a line of the record; as it was when there is none. */
int reading_field(struct reading *reading, const struct installed *installed, const char *name,
		  const char **ret_value);

/* One more package; NULL: out of memory. Valid until the next. */
struct installed *reading_add(struct reading *reading, enum distribution_kind kind,
			      const char *record, size_t size);
/* listed: "/usr/bin/x", kept by the distribution. */
int reading_add_file(struct reading *reading, struct installed *installed, const char *listed);

#endif
