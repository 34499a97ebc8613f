/* SPDX-License-Identifier: BSD-2-Clause */
/* An image put wherever a reference says: what pack/oci/file.h is for reading. */
#ifndef PACK_OCI_FILE_WRITE_H
#define PACK_OCI_FILE_WRITE_H

#include "pack/oci/file.h"

/*
 * What an image is called that is made of another: as was asked, else as `to` has it, else as the other
 * is, with -SUFFIX behind its tag. from: where the other is; ref: its name there, or NULL. The caller
 * owns *ret_name.
 */
int oci_file_name(const char *asked, const struct reference *from, const char *ref,
		  const struct reference *to, const char *suffix, char **ret_name, struct error *err);

/* How what goes there has to be written (pack/oci/relayer.h): an engine or registry gets an archive. */
struct oci_form {
	bool docker;    /* of docker's kind; as it came in, where either will do */
	bool directory; /* a layout that is not there yet */
};
struct oci_form oci_file_form(const struct reference *to, bool came_as_docker);

/* There is nothing yet that it would replace. */
int oci_file_check(const struct reference *to, bool force, struct error *err);

/* The tree of an image; it appears when it is whole. */
int oci_file_write(struct node *root, const struct oci_form *form, const struct reference *to, bool force,
		   const struct carrier_options *access, struct error *err);

#endif
