/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A root file system from wherever people keep one, as a directory that layers can stand on: a directory, an
 * archive (tar, OCI, docker), an image as skopeo(1) spells it, a package, debian:SUITE, another dev name or a
 * base that is there.
 */
#ifndef STAGE_LAYER_ROOT_H
#define STAGE_LAYER_ROOT_H

#include <stdint.h>

#include "db/base/error.h"
#include "pack/oci/import.h"
#include "stage/state/state.h"

enum root_kind { ROOT_DIRECTORY, ROOT_ARCHIVE, ROOT_IMAGE, ROOT_PACKAGE, ROOT_DEBIAN, ROOT_DEV, ROOT_BASE };

struct root_options {
	uint64_t max_size;                    /* bytes of contents, 0: the default */
	const struct carrier_options *access; /* how images are reached, and what stops it; NULL: as it is usual */
};

struct root_source {
	enum root_kind kind;
	const char *from; /* as given; borrowed */
	/*
	 * The base it is or becomes. The same archive, image, package and debian: line are one base however often
	 * they are named; a directory may be another each time. Owned.
	 */
	char *base;
	struct import *image; /* of an image: what was read of it, for its name; or NULL; owned */
};

#define ROOT_SOURCE_INIT                                                                           \
	{                                                                                          \
		ROOT_DIRECTORY, NULL, NULL, NULL                                                         \
	}

void root_source_release(struct root_source *source);

/*
 * Is it spelled as an image is? 1, 0; -EINVAL: for a transport there is not, or a name that can be none.
 */
int root_is_image(const char *from, struct error *err);

/* Say what it is: reads an archive once, for its digest, and an image. -ENOENT there is nothing of that name; -EINVAL. */
int root_source_find(struct state *state, const char *from, const struct root_options *options,
		     struct root_source *ret_source, struct error *err);

/* A directory, an archive or an image in memory, its contents aside in `directory` (NULL: $TMPDIR or /var/tmp). */
int root_read(const char *from, const struct root_options *options, const char *directory,
	      struct import *import, struct error *err);

/*
 * Make `tree` in a directory of ours, and config.json where the source says how to start it, beside it
 * image.json where that was an image. Of the kinds that are not in the state already.
 */
int root_make(const struct root_source *source, const struct root_options *options, int dirfd,
	      struct error *err);

#endif
