// SPDX-License-Identifier: BSD-2-Clause
#include "stage/mount/own.h"

#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>

int own_mounts_begin(struct error *err)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return error_errno(err, "cannot have mounts of our own");
	return 0;
}
