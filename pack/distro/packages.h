/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The packages a distribution installed in the source, by the records it left there: dpkg
 * (/var/lib/dpkg/info), apk (/lib/apk/db/installed), rpm (pack/distro/rpm.h).
 */
#ifndef PACK_DISTRO_PACKAGES_H
#define PACK_DISTRO_PACKAGES_H

#include "db/base/error.h"
#include "pack/source/source.h"

/*
 * Call visit for the path of each file and directory of the packages whose name matches a pattern
 * (path_match() on "/NAME"). None: nothing is visited. A visitor that returns non-zero ends it. -ENOPKG
 * with err set when only rpm could know and its program is not to be had.
 */
int packages_files(struct source *source, const char *pattern,
		   int (*visit)(const char *path, void *data), void *data, struct error *err);

#endif
