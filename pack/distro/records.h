/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records: what a package manager says is installed, trimmed to what is in a tree, so that a scanner
 * that looks for known weaknesses sees the truth: every package of which a file is there, none of
 * which there is not, and of their files those that are.
 *
 *	dpkg		status, info/NAME.list, info/NAME.md5sums, info/format
 *	without dpkg	status.d/NAME, status.d/NAME.md5sums
 *	apk		installed, world
 *	rpm		its database, in which files that are not there are "not installed"
 */
#ifndef PACK_DISTRO_RECORDS_H
#define PACK_DISTRO_RECORDS_H

#include <stdbool.h>

#include "db/base/error.h"
#include "pack/distro/distribution.h"
#include "pack/tree/tree.h"

/* Mark what of the distribution is below `top`, a root file system in a tree. */
void records_mark(struct distribution *distribution, const struct node *top);

/*
 * Put the trimmed records below `top`, in place of those that are there. The distribution is marked.
 * They have the times that they have in the source. Where rpm's program is not to be had, its records
 * stay as they are, and distribution->untrimmed says so.
 */
int records_write(struct distribution *distribution, struct node *top, struct error *err);

/* It is one of the files that are written so: its contents are not the source's. */
bool records_has(const char *path);

#endif
