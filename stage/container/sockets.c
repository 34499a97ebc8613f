// SPDX-License-Identifier: BSD-2-Clause
/* Whose a socket of the host's network is. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "stage/container/private.h"

static bool shares_our_network(const struct container *container)
{
	struct stat ours, theirs;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)container_pid(container));
	return stat("/proc/self/ns/net", &ours) == 0 && stat(path, &theirs) == 0 &&
	       ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

/* 1 it has it, 0 it has not, -1 that cannot be seen. */
static int has_open(pid_t pid, const char *wanted)
{
	_cleanup_(closedirp) DIR *dir = NULL;
	struct dirent *item;
	char path[64], target[64];

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	while (dir && (item = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), item->d_name, target, sizeof(target) - 1);

		if (n <= 0)
			continue;
		target[n] = '\0';
		if (strcmp(target, wanted) == 0)
			return 1;
	}
	return dir ? 0 : -1;
}

bool container_has_socket(const struct container *container, uint64_t inode)
{
	bool seen = false, has = false;
	pid_list list = {0};
	char wanted[40];

	if (!shares_our_network(container))
		return true; /* nobody else listens there */
	snprintf(wanted, sizeof(wanted), "socket:[%ju]", (uintmax_t)inode);
	cgroup_processes(&container->cgroup, &list);
	for (size_t i = 0; !has && i < list.count; i++) {
		int r = has_open(list.items[i], wanted);

		has = r > 0;
		seen |= r >= 0;
	}
	array_release(&list);
	return has || !seen;
}
