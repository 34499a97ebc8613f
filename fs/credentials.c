// SPDX-License-Identifier: BSD-2-Clause
#include "fs/credentials.h"

#include <linux/capability.h>
#include <stdint.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * A change of fsuid drops the capabilities that pass over permissions. The kernel has checked the
 * caller's rights already, so those that would refuse it again are taken back.
 */
static void capabilities_raise(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	const uint32_t wanted = 1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH |
				1u << CAP_FOWNER | 1u << CAP_MKNOD;

	if (syscall(SYS_capget, &header, data) < 0)
		return;
	data[0].effective |= wanted & data[0].permitted;
	syscall(SYS_capset, &header, data);
}

void credentials_assume(fuse_req_t req, bool own, struct credentials *ret_credentials)
{
	const struct fuse_ctx *context = fuse_req_ctx(req);

	ret_credentials->changed = false;
	umask(context->umask);
	if (!own || (context->uid == 0 && context->gid == 0))
		return;
	setfsgid(context->gid);
	setfsuid(context->uid);
	capabilities_raise();
	ret_credentials->changed = true;
}

void credentials_return(const struct credentials *credentials)
{
	umask(0);
	if (!credentials->changed)
		return;
	setfsuid(0);
	setfsgid(0);
}
