/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The dynamic loader, imagined: which file of the source ld.so would load for a DT_NEEDED name.
 * It looks where glibc's looks, in that order: the RPATH of the file and of those that loaded it,
 * LD_LIBRARY_PATH, RUNPATH, the directories of /etc/ld.so.conf, the default ones; in each first in
 * glibc-hwcaps. The cache file is not read: the directories it was made from say the same. For musl
 * the directories of /etc/ld-musl-*.path come last.
 *
 * It also remembers every ELF file it has read.
 */
#ifndef PACK_ELF_LOADER_H
#define PACK_ELF_LOADER_H

#include "db/base/error.h"
#include "pack/elf/elf.h"
#include "pack/source/source.h"

struct loader;

/* library_path: LD_LIBRARY_PATH of the start, or NULL. Reads ld.so.conf of the source. */
int loader_new(struct source *source, const char *library_path, struct loader **ret_loader,
	       struct error *err);
void loader_free(struct loader *loader);
void loader_freep(struct loader **loader);

/*
 * The ELF file at a real path, borrowed; NULL when the file is none. *ret_broken (may be NULL) says
 * that it starts like one but cannot be read as one. Negative: it cannot be opened.
 */
int loader_elf(struct loader *loader, const struct source_entry *file,
	       const struct elf_file **ret_elf, bool *ret_broken, struct error *err);

/* Call visit for each symbol that the ELF file at a real path takes from others; of another file, never. */
int loader_imports(struct loader *loader, const struct source_entry *file,
		   int (*visit)(const char *symbol, void *data), void *data, struct error *err);

struct loader_query {
	const char *name;            /* as in DT_NEEDED */
	const struct elf_file *elf;  /* who needs it */
	const char *origin;          /* the directory it was loaded from: $ORIGIN */
	const char *inherited;       /* RPATHs of those that loaded it, expanded; "" none */
};

/*
 * Call found for the path of each file that ld.so may load for the query: variants for better
 * processors (subdirectory says which, "glibc-hwcaps/x86-64-v3"), then the plain one with
 * subdirectory NULL. 1 when the plain one was found, 0 when not, or a negative errno.
 */
typedef int (*loader_found)(const char *path, const char *subdirectory, void *data);
int loader_search(struct loader *loader, const struct loader_query *query, loader_found found,
		  void *data, struct error *err);

/*
 * What a file hands on to those it loads: its own RPATH, expanded, before what it inherited. The
 * caller frees; "" when there is nothing; NULL: out of memory.
 */
char *loader_inheritance(const struct loader *loader, const struct elf_file *elf,
			 const char *origin, const char *inherited);

#endif
