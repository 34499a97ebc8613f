/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The database of rpm, read and made by rpm's own rpmdb(8): its formats (SQLite, ndb, Berkeley DB) are
 * its business, what goes in and out is a stream of headers (pack/distro/rpm_header.h). It is given a copy:
 * nothing in a source is opened by another program, or written.
 */
#ifndef PACK_DISTRO_RPM_H
#define PACK_DISTRO_RPM_H

#include <stdbool.h>

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/source/source.h"

struct rpm_database {
	char *directory;    /* where it is, a real path; owned */
	const char *backend; /* what rpm calls its format */
	struct text stream; /* of headers, in the database's own order */
};

#define RPM_DATABASE_INIT                                                                          \
	{                                                                                          \
		.stream = TEXT_INIT                                                                \
	}

/* Is there one? */
bool rpm_is_there(struct source *source);

/*
 * Read the one in the source: 1, or 0 when there is none. -ENOPKG with err set when rpmdb(8) is not
 * installed or cannot read it.
 */
int rpm_read(struct source *source, struct rpm_database *ret_database, struct error *err);
void rpm_database_release(struct rpm_database *database);

/*
 * Make a database of the same format of a stream, and call visit for each of its files. -ENOPKG with
 * err set when rpmdb(8) cannot, as with Berkeley DB, which it has given up writing.
 */
int rpm_write(const struct rpm_database *database, const struct text *stream,
	      int (*visit)(const char *name, const struct text *contents, void *data), void *data,
	      struct error *err);

#endif
