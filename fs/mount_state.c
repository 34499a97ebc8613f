// SPDX-License-Identifier: BSD-2-Clause
#include "fs/mount_state.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/mounts.h"

static const char *table_of(pid_t pid, char *buffer, size_t size)
{
	if (pid == 0)
		return "/proc/self/mountinfo";
	snprintf(buffer, size, "/proc/%d/mountinfo", (int)pid);
	return buffer;
}

int mount_state_open(pid_t pid)
{
	char buffer[40];

	return open(table_of(pid, buffer, sizeof(buffer)), O_RDONLY | O_CLOEXEC);
}

static int is_of_device(const struct mount_line *mount, void *data)
{
	const dev_t *dev = data;

	return mount->dev == *dev;
}

bool mount_state_mounted(pid_t pid, dev_t dev)
{
	char buffer[40];

	return mounts_each_of(table_of(pid, buffer, sizeof(buffer)), is_of_device, &dev) != 0;
}

bool mount_state_shared(uint64_t id)
{
	_cleanup_(fclosep) FILE *file = fopen("/proc/self/mountinfo", "re");
	_cleanup_(freep) char *line = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		const char *shared = strstr(line, " shared:"), *rest = strstr(line, " - ");

		if (strtoull(line, NULL, 10) == id)
			return shared && rest && shared < rest;
	}
	return false;
}

/* Where a link of /proc leads to, without a question to the file system that it leads to. */
static bool link_is_there(int dirfd, const char *name, dev_t dev)
{
	struct statx stx;

	return statx(dirfd, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, &stx) == 0 &&
	       makedev(stx.stx_dev_major, stx.stx_dev_minor) == dev;
}

static bool any_descriptor_is_there(int process, dev_t dev)
{
	_cleanup_(closep) int fd = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(closedirp) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir)
		return false;
	take_fd(&fd);
	while ((entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    link_is_there(dirfd(dir), entry->d_name, dev))
			return true;
	return false;
}

static bool any_mapping_is_there(int process, dev_t dev)
{
	_cleanup_(closep) int fd = openat(process, "maps", O_RDONLY | O_CLOEXEC);
	_cleanup_(fclosep) FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	_cleanup_(freep) char *line = NULL;
	unsigned int major, minor;
	size_t size = 0;

	if (!file)
		return false;
	take_fd(&fd);
	while (getline(&line, &size, file) > 0)
		if (sscanf(line, "%*s %*s %*s %x:%x", &major, &minor) == 2 &&
		    makedev(major, minor) == dev)
			return true;
	return false;
}

bool mount_state_used(dev_t dev)
{
	_cleanup_(closedirp) DIR *proc = opendir("/proc");
	const struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		_cleanup_(closep) int process = -1;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		process = openat(dirfd(proc), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (process >= 0 &&
		    (link_is_there(process, "root", dev) || link_is_there(process, "cwd", dev) ||
		     any_descriptor_is_there(process, dev) || any_mapping_is_there(process, dev)))
			return true;
	}
	return false;
}
