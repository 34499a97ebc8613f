/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A container image as one file or directory, with its layers left as they lie there: oci:DIR[:TAG],
 * oci-archive:FILE[:NAME], docker-archive:FILE[:NAME], spelled as skopeo(1) has them, or a path, of
 * which it is found out what it is.
 */
#ifndef PACK_OCI_FILE_H
#define PACK_OCI_FILE_H

#include "pack/oci/oci.h"
#include "pack/tree/content_file.h"

enum oci_file_kind { OCI_FILE_ANY, OCI_FILE_OCI_DIRECTORY, OCI_FILE_OCI, OCI_FILE_DOCKER };

/* The words, taken apart; strings owned. */
struct oci_words {
	enum oci_file_kind kind;
	char *path;
	char *ref; /* or NULL */
};

/* -EINVAL for a transport that is no file. */
int oci_words_parse(struct oci_words *words, const char *text, struct error *err);
void oci_words_release(struct oci_words *words);

struct oci_file {
	enum oci_file_kind kind; /* what it is: not ANY */
	struct oci_image *image;
	struct oci_store *store;
	/* its own: */
	struct content_file *contents;
	struct tree *tree;
	int dirfd;
};

#define OCI_FILE_INIT                                                                            \
	{                                                                                          \
		.dirfd = -1                                                                        \
	}

/* The words outlive the file. No layer is read but for an archive as a whole. */
int oci_file_open(struct oci_file *file, const struct oci_words *words, const char *platform,
		    struct error *err);
void oci_file_release(struct oci_file *file);

#endif
