/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access control lists of the source, where the kernel does not obey them. It asks a FUSE file system
 * for them only together with permission checks (default_permissions), and these ask for attributes
 * at each step when none may be kept: in mode=every no count would mean anything. There a thing
 * with a list is shown with a mode that gives nobody more than the list: what it takes from
 * somebody is taken from his whole class; what it gives to somebody is not given.
 */
#ifndef FS_ACL_H
#define FS_ACL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "fs/node_location.h"

#define ACL_ACCESS "system.posix_acl_access"

/* The mode for a list as the extended attribute has it; one that cannot be read leaves the owner. */
mode_t acl_narrow(const void *list, size_t size, mode_t mode);

/* Has the thing a list? Its mode is narrowed then. */
bool acl_narrow_at(const struct node_location *location, mode_t *mode);
/* The same by a path that is followed. */
bool acl_narrow_path(const char *path, mode_t *mode);

#endif
