/* SPDX-License-Identifier: BSD-2-Clause */
/* What an image that traces itself holds beside its own: tracefs, what that has to know, a place for traces. */
#ifndef PACK_OCI_TRACED_LAYER_H
#define PACK_OCI_TRACED_LAYER_H

#include "db/base/error.h"
#include "pack/oci/traced_config.h"
#include "pack/tree/tree.h"

struct traced_layer {
	int program;      /* a tracefs that needs no libraries */
	int manifest;     /* of the package that a guard watches; -1: none */
	const char *id;   /* of the image, as its sessions say it */
	const char *user; /* whom the command runs as; or NULL */
};

/* Put it into the tree, which borrows the descriptors. */
int traced_layer_add(struct tree *tree, const struct traced_layer *layer, struct error *err);

#endif
