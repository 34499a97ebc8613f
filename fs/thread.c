// SPDX-License-Identifier: BSD-2-Clause
#include "fs/thread.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"

enum { FIELD_STATE = 3, FIELD_CPU = 39 };

bool thread_stat_read(pid_t tid, struct thread_stat *ret_stat)
{
	_cleanup_(closep) int fd = -1;
	char path[40], line[1024], *field;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
	if (n <= 0)
		return false;
	line[n] = '\0';
	field = strrchr(line, ')'); /* the name, in parentheses, is the second field */
	if (!field || field[1] != ' ')
		return false;
	ret_stat->state = field[2];
	field += 2;
	for (int i = FIELD_STATE; field && i < FIELD_CPU; i++)
		field = strchr(field + 1, ' ');
	if (!field)
		return false;
	ret_stat->cpu = atoi(field + 1);
	return true;
}
