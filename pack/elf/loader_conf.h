/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a dynamic loader was told to look: /etc/ld.so.conf of glibc, as in ldconfig(8), and the
 * simpler /etc/ld-musl-ARCH.path of musl. Absolute directories, divided by blanks, colons or
 * commas; "include PATTERN…" reads other files in place, up to eight deep; "hwcap …" and what
 * follows a '#' is passed over.
 */
#ifndef PACK_ELF_LOADER_CONF_H
#define PACK_ELF_LOADER_CONF_H

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/source/source.h"

/*
 * Append the directories of one file of the source to the list, colons between; nothing where the
 * file is not there. That memory was there for it the text remembers.
 */
int loader_conf_read(struct source *source, const char *path, struct text *list,
		     struct error *err);
/* The same for all files of a pattern, as in source_glob(). */
int loader_conf_read_all(struct source *source, const char *pattern, struct text *list,
			 struct error *err);

#endif
