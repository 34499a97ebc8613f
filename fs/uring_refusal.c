// SPDX-License-Identifier: BSD-2-Clause
#include "fs/uring_refusal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"

/* 0 for everybody, 1 for those of one group and with CAP_SYS_ADMIN, 2 for nobody. */
static int disabled(void)
{
	_cleanup_(fclosep) FILE *file = fopen("/proc/sys/kernel/io_uring_disabled", "re");
	int value = 0;

	return file && fscanf(file, "%d", &value) == 1 ? value : 0;
}

const char *uring_refusal(int error)
{
	switch (error) {
	case 0:
		return "the kernel does not offer it: it needs Linux 6.14 and "
		       "/sys/module/fuse/parameters/enable_uring set to Y";
	case -EOPNOTSUPP:
		return "this tracefs was built without liburing";
	case -EPERM:
		switch (disabled()) {
		case 1:
			return "the kernel keeps io_uring for a group of users and for who has "
			       "CAP_SYS_ADMIN: kernel.io_uring_disabled is 1";
		case 2:
			return "io_uring is switched off here: kernel.io_uring_disabled is 2";
		default:
			return "io_uring_setup(2) is not permitted here; a container's seccomp "
			       "profile may forbid it";
		}
	default:
		return strerror(-error);
	}
}
