/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A root in the form somebody else's tool wants it in. The waist is crossed outwards here: a tree and
 * how to start it go in, a file or directory that appears when it is whole comes out, the same bytes
 * for the same input.
 */
#ifndef PACK_OCI_EXPORT_H
#define PACK_OCI_EXPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "pack/image/image.h"
#include "pack/layer/extract.h"
#include "pack/layer/layer.h"
#include "pack/tree/tree.h"

enum export_kind {
	EXPORT_OCI,	/* a tar: an OCI layout that docker of any age loads, too */
	EXPORT_DOCKER,	/* the same file by the name people look for */
	EXPORT_OCI_DIR, /* the layout as a directory */
	EXPORT_BUNDLE,	/* a directory with config.json and rootfs */
	EXPORT_LXC,	/* a directory with config and rootfs */
	EXPORT_SQUASHFS, /* the root alone, as an image */
	EXPORT_TAR,	 /* the root alone */
	EXPORT_KINDS,
};

struct export_options {
	enum export_kind kind;
	const char *name;     /* of the image or container */
	const char *platform; /* NULL: this machine's */
	const char *tmpdir;   /* NULL: $TMPDIR or /var/tmp */
	struct layer_write_options layer;
	struct extract_options extract;
	struct image_options image;
};

struct export_stats {
	uint64_t sockets; /* left out: no tar can hold one */
	struct extract_stats extract;
};

/* "oci", "docker", "oci-dir", "bundle", "lxc", "squashfs", "tar". */
const char *export_kind_name(enum export_kind kind);
/* It is a directory, not a file. */
bool export_kind_is_directory(enum export_kind kind);

/* output "-" is standard output, for the kinds that are files. */
int export_write(struct node *root, const json_t *start, const struct export_options *options,
		 const char *output, struct export_stats *stats, struct error *err);

#endif
