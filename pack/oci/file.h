/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A container image wherever it is, with its layers left as they lie there: a layout, an archive, or a path of
 * which it is found out what it is; of an engine or a registry, what was fetched for it.
 */
#ifndef PACK_OCI_FILE_H
#define PACK_OCI_FILE_H

#include "pack/oci/carrier.h"
#include "pack/oci/oci.h"
#include "pack/oci/reference.h"
#include "pack/tree/content_file.h"

struct oci_file {
	bool docker;      /* it came in docker's kind, which has a field for HEALTHCHECK */
	bool is_archive;  /* what docker save writes; else a layout, or what skopeo has in its place */
	const char *path; /* where it lies, for who reads it again; borrowed */
	struct oci_image *image;
	struct oci_store *store;
	/* its own: */
	struct carrier carrier;
	struct content_file *contents;
	struct tree *tree;
	int dirfd;
};

#define OCI_FILE_INIT                                                                              \
	{                                                                                          \
		.dirfd = -1                                                                        \
	}

/* The reference outlives the file. No layer is read but for an archive as a whole. */
int oci_file_open(struct oci_file *file, const struct reference *from, const struct carrier_options *access,
		  struct error *err);
void oci_file_release(struct oci_file *file);

#endif
