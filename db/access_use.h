/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an access to a path of the source was: a use, a look in vain, or neither. As the views `needed`
 * and `missing` of db/schema.sql have it.
 */
#ifndef DB_ACCESS_USE_H
#define DB_ACCESS_USE_H

#include <errno.h>
#include <stdbool.h>

#include "db/access.h"

static inline bool access_is_use(const struct access_row *row)
{
	return row->error == 0 && row->entry.found.origin == ENTRY_SOURCE &&
	       row->op != ACCESS_CREATE && row->op != ACCESS_MKDIR && row->op != ACCESS_MKNOD &&
	       row->op != ACCESS_SYMLINK && row->op != ACCESS_LINK;
}

static inline bool access_is_vain(const struct access_row *row)
{
	return (row->error == ENOENT || row->error == ENOTDIR) &&
	       row->entry.found.origin == ENTRY_SOURCE;
}

#endif
