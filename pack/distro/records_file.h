/* SPDX-License-Identifier: BSD-2-Clause */
/* A record in a tree: what the writers of all package managers stand on. */
#ifndef PACK_DISTRO_RECORDS_FILE_H
#define PACK_DISTRO_RECORDS_FILE_H

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/source/source.h"
#include "pack/tree/tree.h"

/* Below a directory of the tree, without following links; NULL when it is not there. */
struct node *records_node(struct node *top, const char *path);

/* Put a file there, in place of what is there; its directories as the source has them. */
int records_file(struct source *source, struct node *top, const char *path,
		 const struct text *text, struct error *err);

#endif
