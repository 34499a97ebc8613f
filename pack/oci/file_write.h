/* SPDX-License-Identifier: BSD-2-Clause */
/* An image put where oci_words say: what pack/oci/file.h is for reading. */
#ifndef PACK_OCI_FILE_WRITE_H
#define PACK_OCI_FILE_WRITE_H

#include "pack/oci/file.h"

/*
 * What an image is called that is made of another: as was asked, else as `to` has it, else as the other
 * is, with -SUFFIX behind its tag. from: where the other is; ref: its name there, or NULL. The caller
 * owns *ret_name.
 */
int oci_file_name(const char *asked, const struct oci_words *from, const char *ref,
		  const struct oci_words *to, const char *suffix, char **ret_name, struct error *err);

/* There is nothing yet that it would replace. */
int oci_file_check(const struct oci_words *to, bool force, struct error *err);

/* The tree of an image (pack/oci/relayer.h); it appears when it is whole. */
int oci_file_write(struct node *root, const struct oci_words *to, bool force,
		   const volatile int *cancel, struct error *err);

#endif
