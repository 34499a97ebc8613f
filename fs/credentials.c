// SPDX-License-Identifier: BSD-2-Clause
#include "fs/credentials.h"

#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/cleanup.h"

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

/* "4 24 27 ", behind its key. */
static bool is_listed(const char *list, gid_t group)
{
	char *end;

	for (unsigned long id; id = strtoul(list, &end, 10), end != list; list = end)
		if (id == group)
			return true;
	return false;
}

bool credentials_keep_setgid(fuse_req_t req, gid_t group)
{
	const struct fuse_ctx *context = fuse_req_ctx(req);
	_cleanup_(fclosep) FILE *file = NULL;
	_cleanup_(freep) char *line = NULL;
	char path[40];
	size_t size = 0;

	if (context->gid == group)
		return true;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)context->pid);
	file = context->pid > 0 ? fopen(path, "re") : NULL;
	while (file && getline(&line, &size, file) > 0)
		if ((strncmp(line, "Groups:", 7) == 0 && is_listed(line + 7, group)) ||
		    (strncmp(line, "CapEff:", 7) == 0 &&
		     (strtoull(line + 7, NULL, 16) & 1u << CAP_FSETID)))
			return true;
	return false;
}
