// SPDX-License-Identifier: BSD-2-Clause
/* Who stays when a login ends is in no group of it, and a group is empty when all in it were killed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/text.h"
#include "stage/container/cgroup.h"

enum { FILE_MAX = 64 << 10, KILL_TRIES = 3000, KILL_US = 10000 };

static int put_into(const char *hierarchy, const char *group, pid_t pid)
{
	_cleanup_(text_release) struct text path = TEXT_INIT;
	_cleanup_(closep) int fd = -1;
	char number[16];

	text_printf(&path, "%s%s/cgroup.procs", hierarchy, group);
	if (text_failed(&path))
		return -ENOMEM;
	fd = open(path.bytes, O_WRONLY | O_CLOEXEC);
	snprintf(number, sizeof(number), "%d", (int)pid);
	return fd < 0 ? -errno : io_write(fd, number, strlen(number));
}

static int put(const char *hierarchy, pid_t pid)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/sfc", hierarchy);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/sfc/conmon", hierarchy);
	mkdir(path, 0755);
	return put_into(hierarchy, "/sfc/conmon", pid);
}

/* Where the hierarchy by which logins are told apart is mounted; NULL: this line is of another. */
static const char *hierarchy_of(const char *line)
{
	static const char *const unified[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

	if (strncmp(line, "0::", 3) == 0)
		return access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0 ? unified[0] : unified[1];
	return strstr(line, ":name=systemd:") ? "/sys/fs/cgroup/systemd" : NULL;
}

void cgroup_leave(pid_t pid)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	char path[40], *rest, *line;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	if (io_read_file(AT_FDCWD, path, FILE_MAX, &text, NULL) < 0)
		return;
	rest = text.bytes;
	while ((line = strsep(&rest, "\n"))) {
		const char *hierarchy = hierarchy_of(line);
		const char *group = strrchr(line, ':');

		if (!hierarchy || !group || strcmp(group, ":/") == 0 || strncmp(group, ":/sfc/", 6) == 0)
			continue;
		/* whoever is last there may just have removed it */
		if (put(hierarchy, pid) < 0)
			put(hierarchy, pid);
	}
}

void cgroup_join(pid_t pid)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	char *rest, *line;

	if (io_read_file(AT_FDCWD, "/proc/self/cgroup", FILE_MAX, &text, NULL) < 0)
		return;
	rest = text.bytes;
	while ((line = strsep(&rest, "\n"))) {
		const char *hierarchy = hierarchy_of(line);
		const char *group = strchr(line, '/');

		if (hierarchy && group)
			put_into(hierarchy, group, pid);
	}
}

bool cgroup_kill(const struct cgroup *cgroup)
{
	for (int i = 0; i < KILL_TRIES; i++) {
		pid_list list = {0};
		size_t count;

		cgroup_processes(cgroup, &list);
		count = list.count;
		for (size_t n = 0; n < count; n++)
			kill(list.items[n], SIGKILL);
		array_release(&list);
		if (count == 0)
			return true;
		usleep(KILL_US);
	}
	return false;
}
