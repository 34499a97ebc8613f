/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trees of data: directories that a database, a mail store or a queue keeps as one, known by what lies in
 * them.
 */
#ifndef PACK_NEED_DATA_TREE_H
#define PACK_NEED_DATA_TREE_H

#include "db/base/error.h"
#include "pack/source/source.h"

/*
 * What the directory at a real path holds ("a PostgreSQL database"), in *ret_what; NULL: nothing that is
 * known.
 */
int data_tree_what(struct source *source, const char *path, const char **ret_what, struct error *err);

/*
 * The topmost directory of data that holds a real path, the caller frees, and what it is; NULL: none does.
 */
int data_tree_around(struct source *source, const char *path, char **ret_top, const char **ret_what,
		     struct error *err);

#endif
