/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who a process runs as: "user[:group]", each a name or a number, looked up in the passwd and group
 * files of a root that is not ours.
 */
#ifndef PACK_OCI_USER_H
#define PACK_OCI_USER_H

#include <stdint.h>

#include "db/base/array.h"
#include "db/base/error.h"
#include "pack/tree/tree.h"

struct oci_user {
	uint32_t uid, gid;
	ARRAY(uint32_t) groups; /* further ones the user is a member of, ascending */
};

/* `spec` NULL or "" is root. -ENOENT with err set when a name is not in the root. */
int oci_user_lookup(const struct tree *tree, const char *spec, struct oci_user *ret_user,
		    struct error *err);
/* The same in the texts of these files, which are taken apart; NULL: there is none. */
int oci_user_find(char *passwd, char *groups, const char *spec, struct oci_user *ret_user,
		  struct error *err);
void oci_user_release(struct oci_user *user);

#endif
