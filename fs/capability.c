// SPDX-License-Identifier: BSD-2-Clause
#include "fs/capability.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct __user_cap_header_struct header(void)
{
	return (struct __user_cap_header_struct){.version = _LINUX_CAPABILITY_VERSION_3};
}

bool capability_have(int number)
{
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {{0}};
	struct __user_cap_header_struct head = header();

	return syscall(SYS_capget, &head, sets) == 0 &&
	       (sets[CAP_TO_INDEX(number)].effective & CAP_TO_MASK(number)) != 0;
}

int capability_drop(int number, struct error *err)
{
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {{0}};
	struct __user_cap_header_struct head = header();
	struct __user_cap_data_struct *set = &sets[CAP_TO_INDEX(number)];
	uint32_t others = ~(uint32_t)CAP_TO_MASK(number);

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, number, 0, 0);
	if (prctl(PR_CAPBSET_READ, number, 0, 0, 0) > 0 &&
	    prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0)
		return error_errno(err, "cannot take from the command what only tracing needs; "
					"allow SETPCAP, or say -o privileged");
	if (syscall(SYS_capget, &head, sets) < 0)
		return error_errno(err, "cannot look at the capabilities");
	set->effective &= others;
	set->permitted &= others;
	set->inheritable &= others;
	if (syscall(SYS_capset, &head, sets) < 0)
		return error_errno(err, "cannot give up a capability");
	return 0;
}
