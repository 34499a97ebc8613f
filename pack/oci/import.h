/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A root file system from wherever people keep one: a directory, a tar, an OCI layout or a docker
 * archive (each as a directory or as a tar, of any compression), as a tree with whatever the source
 * says about starting it.
 */
#ifndef PACK_OCI_IMPORT_H
#define PACK_OCI_IMPORT_H

#include <jansson.h>

#include "db/base/error.h"
#include "pack/layer/layer.h"
#include "pack/oci/carrier.h"
#include "pack/oci/oci.h"
#include "pack/oci/reference.h"
#include "pack/source/scan.h"
#include "pack/tree/tree.h"

enum import_kind {
	IMPORT_AUTO, /* looks at what is there; the others insist */
	IMPORT_DIRECTORY,
	IMPORT_TAR,
	IMPORT_OCI,
	IMPORT_DOCKER,
	IMPORT_DIR, /* what "skopeo copy … dir:" writes */
	IMPORT_KINDS,
};

struct import_options {
	enum import_kind kind;
	struct oci_choice choice;
	struct layer_options layer; /* but the content file and the digests, which import sets */
	const char *name; /* of the source, in messages; NULL: its path */
	const char *contents_directory; /* NULL: $TMPDIR or /var/tmp */
};

struct import {
	enum import_kind kind; /* what it was: not IMPORT_AUTO */
	struct tree *tree;     /* borrows from the others here; owned */
	json_t *config;	       /* the image configuration; NULL: the source has none; owned */
	char *ref;	       /* the image's name; or NULL; owned */
	size_t layer_count;
	struct layer_stats stats;
	const char *scan_warnings; /* of a directory; or NULL; borrowed from scan */
	/* its own: */
	struct content_file *contents;
	struct scan *scan;
	int rootfd;
};

#define IMPORT_INIT                                                                                \
	{                                                                                          \
		.rootfd = -1                                                                       \
	}

/* path "-" is a tar on standard input. */
int import_load(struct import *import, const char *path, const struct import_options *options,
		struct error *err);
/*
 * The same of an image wherever it is: what is fetched for it is gone again when it has been read. The platform
 * and the directory to work in are those of `options`.
 */
int import_reference(struct import *import, const struct reference *reference,
		     const struct import_options *options, const struct carrier_options *access,
		     struct error *err);
void import_release(struct import *import);

/* "directory", "tar", "oci", "docker", "dir". */
const char *import_kind_name(enum import_kind kind);

#endif
