/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A root as an OCI image: a small tree that is an OCI layout with one image of one layer, and also
 * what `docker load` of any age reads (manifest.json pointing at the same blobs). Written with
 * layer_write() it is the archive, with extract_tree() the directory.
 */
#ifndef PACK_OCI_WRITE_H
#define PACK_OCI_WRITE_H

#include <stdint.h>

#include <jansson.h>

#include "db/base/error.h"
#include "pack/layer/layer.h"
#include "pack/oci/derived.h"
#include "pack/oci/traced_config.h"
#include "pack/oci/traced_layer.h"
#include "pack/tree/content_file.h"
#include "pack/tree/tree.h"

/* A guard in the image: tracefs before its entrypoint, for what the root lacks. */
struct oci_guard {
	struct traced_options traced;
	struct traced_layer layer; /* but the user, which is the image's */
};

struct oci_write_options {
	struct derived_options derived;
	const struct oci_guard *guard; /* or NULL */
	bool directory;       /* a layout to be unpacked: the image in it is called by its tag */
	const char *name;     /* "web" or "registry.example/web:1.2"; without a tag it is "latest" */
	const char *platform; /* "os/architecture[/variant]"; NULL: this machine's */
	struct layer_write_options layer;
	const char *tmpdir; /* where the packed layer waits; NULL: $TMPDIR or /var/tmp */
};

struct oci_written {
	struct layer_written layer;
	struct derived_notes notes;
};

/* A name of an image, with or without a tag: what container engines accept. */
int oci_name_check(const char *name, struct error *err);

/* "name:tag" of one with or without. NULL: out of memory; the caller frees. */
char *oci_name_tagged(const char *name);
/* With the registry that a short one stands for: docker's docker.io, podman's localhost. The same. */
char *oci_name_qualified(const char *name, bool docker);

/*
 * `root` becomes the layer; the configuration comes of `start` (a config.json of the runtime
 * specification) and the image that came in.
 * The tree borrows *ret_layer, the descriptor of the packed layer, which the caller closes after it.
 * With a guard `root`, the root of its tree, gets that too.
 * Nothing in it depends on anything but root, start and options. *ret_written is all zero before.
 */
int oci_write_tree(struct node *root, const json_t *start, const struct oci_write_options *options,
		   struct tree **ret_tree, int *ret_layer, struct oci_written *ret_written,
		   struct error *err);

#endif
