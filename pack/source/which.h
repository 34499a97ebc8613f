/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command's file in the source, found as execvp(3) would find it there.
 */
#ifndef PACK_SOURCE_WHICH_H
#define PACK_SOURCE_WHICH_H

#include "db/base/error.h"
#include "pack/source/source.h"

/* Where Debian's and most other roots look when nobody set PATH. */
#define WHICH_PATH_DEFAULT "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/*
 * Look for `command` in the colon-separated directories of search_path, or, when it has a slash, at
 * that place (a relative one below cwd, "/" when NULL). *ret_path is the path as found, links not
 * resolved, and the caller's; *ret_entry (may be NULL) is the file behind it. -ENOENT nowhere,
 * -EACCES there but not executable, each with err set.
 */
int which_find(struct source *source, const char *search_path, const char *cwd,
	       const char *command, char **ret_path, const struct source_entry **ret_entry,
	       struct error *err);

/*
 * The name of a program in search_path that `command` may be a slip for: at most two letters away,
 * the closest, the first in byte order among equals. NULL when there is none; the caller frees.
 */
char *which_suggest(struct source *source, const char *search_path, const char *command);

#endif
