/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * File systems made by the kernel's newer calls, fsopen(2) to move_mount(2): first whole and seen
 * by nobody, held by a descriptor, and then put somewhere in one step. A mount that was put
 * nowhere is gone when its descriptor is closed.
 */
#ifndef FS_FILESYSTEM_H
#define FS_FILESYSTEM_H

#include "db/base/error.h"

struct parameter {
	const char *name, *value; /* value NULL: a flag */
};

/*
 * Make one: a descriptor of its mount, which the caller closes, or a negative errno. The last of
 * the parameters has no name; attributes are MOUNT_ATTR_*; `what` begins the message of a failure,
 * which ends with what the kernel says about it.
 */
int filesystem_make(const char *type, const struct parameter *parameters, unsigned int attributes,
		    const char *what, struct error *err);

/* Let it be seen at the path: 0 or a negative errno. The descriptor stays the caller's. */
int filesystem_attach(int mount_fd, const char *path);

#endif
