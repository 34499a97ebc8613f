/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is exported: the root of a package, of an image or of a directory, and how to start it. A
 * directory with config.json and rootfs in it is a bundle (a mounted package is one); any other is
 * the root itself. The same goes for images.
 */
#ifndef PACK_ENGINE_EXPORT_SOURCE_H
#define PACK_ENGINE_EXPORT_SOURCE_H

#include <jansson.h>

#include "db/base/error.h"
#include "pack/engine/origin.h"
#include "pack/oci/image_config.h"
#include "pack/source/scan.h"
#include "pack/tree/content_file.h"
#include "pack/tree/tree.h"

struct export_source {
	struct tree *tree;  /* whose root is the root; owned */
	json_t *start;	    /* config.json; NULL: nothing says how to start it; owned */
	struct image_config image; /* sfc/image.json; its json is NULL where there is none */
	struct origin origin; /* sfc/package.json */
	const char *warnings; /* what could not be taken; or NULL; borrowed */
	/* its own: */
	struct scan *scan;
	struct content_file *contents;
	int rootfd;
};

#define EXPORT_SOURCE_INIT                                                                         \
	{                                                                                          \
		.rootfd = -1                                                                       \
	}

/* tmpdir: where the contents of an image wait; NULL: $TMPDIR or /var/tmp. */
int export_source_open(struct export_source *source, const char *path, const char *tmpdir,
		       const volatile int *cancel, struct error *err);
void export_source_release(struct export_source *source);

#endif
