/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A root file system from wherever people keep one, as a directory that layers can stand on: a directory, an
 * archive (tar, OCI, docker), a package, debian:SUITE, another dev name or a base that is there.
 */
#ifndef STAGE_LAYER_ROOT_H
#define STAGE_LAYER_ROOT_H

#include <stdint.h>

#include "db/base/error.h"
#include "stage/state/state.h"

enum root_kind { ROOT_DIRECTORY, ROOT_ARCHIVE, ROOT_PACKAGE, ROOT_DEBIAN, ROOT_DEV, ROOT_BASE };

struct root_source {
	enum root_kind kind;
	const char *from; /* as given; borrowed */
	/*
	 * The base it is or becomes. The same archive, package and debian: line are one base however often
	 * they are named; a directory may be another each time. Owned.
	 */
	char *base;
};

#define ROOT_SOURCE_INIT                                                                           \
	{                                                                                          \
		ROOT_DIRECTORY, NULL, NULL                                                         \
	}

void root_source_release(struct root_source *source);

/* Say what it is: reads an archive once, for its digest. -ENOENT there is nothing of that name; -EINVAL. */
int root_source_find(struct state *state, const char *from, struct root_source *ret_source,
		     struct error *err);

/*
 * Make `tree` in a directory of ours, and config.json where the source says how to start it, beside it
 * image.json where that was an image. Of the kinds that are not in the state already. max_size: bytes of contents, 0: the default.
 */
int root_make(const struct root_source *source, int dirfd, uint64_t max_size, struct error *err);

#endif
