/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of a struct manifest, for the files of db/ alone: its connection and the ids it has
 * met lately. What manifest.h says of transactions is done in transaction.c; manifest.c, on top of
 * all, opens and closes.
 */
#ifndef DB_MANIFEST_PRIVATE_H
#define DB_MANIFEST_PRIVATE_H

#include "db/cache.h"
#include "db/manifest.h"
#include "db/sql/statement.h"

struct manifest {
	struct connection sql;
	struct cache entries, programs; /* path and exe NUL comm to ids; emptied by a rollback */
	int64_t first_session;		/* begun on this connection; 0: none */
	int64_t old_entries;		/* up to this id there were entries before it */
};

/*
 * All of it, compact, into a database that is empty, whatever its own journal is: the pages as they are would say
 * that there is a WAL. Reading is not forbidden to write afterwards: query_only forbids this as well.
 */
int manifest_vacuum_into(struct manifest *manifest, const char *uri, struct error *err);

#endif
