// SPDX-License-Identifier: BSD-2-Clause
#include "fs/background.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/log.h"

/* The child says one byte when all is well; its error it has printed itself, if it could. */
static void parent_wait(int fd, pid_t child)
{
	int status = 0;
	char byte;

	if (io_read(fd, &byte, 1) == 1)
		_exit(0);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		log_error("the process that was to serve the mount was ended by signal %d (%s)",
			  WTERMSIG(status), strsignal(WTERMSIG(status)));
	_exit(1);
}

int background_enter(int *ret_ready_fd, struct error *err)
{
	int fds[2];
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_errno(err, "cannot make a pipe");
	child = fork();
	if (child < 0)
		return error_errno(err, "cannot fork");
	if (child > 0) {
		close(fds[1]);
		parent_wait(fds[0], child);
	}
	close(fds[0]);
	*ret_ready_fd = fds[1];
	setsid();
	return 0;
}

void background_ready(int *ready_fd)
{
	if (*ready_fd < 0)
		return;
	io_leave_streams();
	if (chdir("/") < 0)
		log_debug("cannot change to /");
	io_write(*ready_fd, "+", 1);
	closep(ready_fd);
	*ready_fd = -1;
}
