/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the records: what their writers share. */
#ifndef PACK_DISTRO_RECORDS_WORK_H
#define PACK_DISTRO_RECORDS_WORK_H

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/distro/distribution.h"
#include "pack/tree/tree.h"

/* Below a directory of the tree, without following links; NULL when it is not there. */
struct node *records_node(struct node *top, const char *path);

/* Put a file there, in place of what is there; its directories as the source has them. */
int records_file(struct source *source, struct node *top, const char *path,
		 const struct text *text, struct error *err);

/* Of rpm; when its program cannot write, the distribution says so. */
int records_write_rpm(struct distribution *distribution, struct node *top, struct error *err);

#endif
