/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is the same for every closure of a source, read when one first asks: which libraries its ELF files
 * find, which files the distribution's packages have, whether it is this machine's own root. A closure has one
 * of its own, unless it is given one that others share; those of one command, for instance, that compares many.
 */
#ifndef PACK_NEED_KNOWN_SOURCE_H
#define PACK_NEED_KNOWN_SOURCE_H

#include <stdbool.h>

#include "db/base/error.h"
#include "pack/distro/distribution.h"
#include "pack/elf/loader.h"
#include "pack/source/source.h"
#include "pack/tree/intern.h"

struct known_source {
	struct source *source; /* borrowed */
	char *library_path;    /* of the loader; "" when there is none */
	struct loader *loader;
	bool host; /* the source is the root of this machine */
	bool records_read;
	struct distribution distribution; /* of no packages where there are no records that can be read */
	struct intern owned;		  /* real paths that a package has */
};

/* library_path: LD_LIBRARY_PATH of the start, or NULL. */
int known_source_new(struct source *source, const char *library_path, struct known_source **ret_known,
		     struct error *err);
void known_source_free(struct known_source *known);
void known_source_freep(struct known_source **known);

/* Is it of this source and this LD_LIBRARY_PATH? */
bool known_source_fits(const struct known_source *known, const struct source *source,
		       const char *library_path);

/* The records of packages, from now on. */
int known_source_read_records(struct known_source *known, struct error *err);

/* Records say who has what; without any nobody can tell what is the operator's own. */
static inline bool known_source_has_packages(const struct known_source *known)
{
	return known->distribution.count > 0;
}

#endif
