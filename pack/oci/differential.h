/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A layer that moves without what it stands on: an OCI image, as an archive, of one layer, whose labels say
 * over which root that goes. Its digests are checked as any image's; whose root it is only matters to who
 * mounts it.
 */
#ifndef PACK_OCI_DIFFERENTIAL_H
#define PACK_OCI_DIFFERENTIAL_H

#include "db/base/error.h"
#include "pack/layer/layer.h"
#include "pack/oci/file.h"

#define DIFFERENTIAL_LABEL_BASE "sfc.dev.base" /* "sha256:…" of the root below */
#define DIFFERENTIAL_LABEL_NAME "sfc.dev.base.name"
#define DIFFERENTIAL_LABEL_FROM "sfc.dev.base.from"

struct differential {
	const char *name; /* of the image; its tag is latest */
	const char *base; /* "sha256:…" */
	const char *base_name, *base_from; /* for people: what it is called where it comes from, and was made of */
};

/* What is below `root`, with whiteouts by name, as an archive to fd. *ret_layer: of the layer in it. */
int differential_write(struct node *root, const struct differential *what, int fd, struct layer_written *ret_layer,
		       struct error *err);

/* What an image says; borrowed from it. -EBADMSG: it is no differential. */
int differential_of(const struct oci_file *file, struct differential *ret_what, struct error *err);
/* Its layer, whiteouts left as names; contents go to those of the options. */
int differential_read(const struct oci_file *file, const struct layer_options *options, struct tree *tree,
		      struct error *err);

#endif
