// SPDX-License-Identifier: BSD-2-Clause
#include "stage/layer/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "stage/mount/outside.h"

enum { TICK_MS = 2, APPEAR_MS = 60000, LOG_MAX = 64 << 10 };

void tracefs_option(struct text *list, const char *key, const char *value)
{
	text_printf(list, "%s%s=", list->size ? "," : "", key);
	for (; *value; value++) {
		if (*value == '\\' || *value == ',')
			text_add_char(list, '\\');
		text_add_char(list, *value);
	}
}

void tracefs_leave(struct tracefs_program *program)
{
	closep(&program->pidfd);
	closep(&program->log);
	*program = (struct tracefs_program)TRACEFS_PROGRAM_INIT;
}

static _Noreturn void become(const char *options, const char *source, const char *mountpoint, bool stays,
			     int log)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	if (stays) {
		prctl(PR_SET_PDEATHSIG, 0);
		setsid();
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(null, 0) == 0 && dup2(log, 1) == 1 && dup2(log, 2) == 2)
		execlp("tracefs", "tracefs", "-f", "-o", options, source, mountpoint, (char *)NULL);
	dprintf(log, "cannot start tracefs: %s\n", strerror(errno));
	_exit(127);
}

static int reason_in(struct text *said, const char *prefix, struct error *err)
{
	_cleanup_(text_release) struct text line = TEXT_INIT;
	char *rest = said->size ? said->bytes : NULL, *found = NULL, *at;

	while (rest && (at = strsep(&rest, "\n"))) {
		if (strncmp(at, "tracefs: ", 9) == 0)
			at += 9;
		if (*at && strncmp(at, "warning: ", 9) != 0)
			found = at;
	}
	text_add_plain(&line, found ? found : "tracefs said nothing");
	return error_set(err, -EIO, "%s%s", prefix, line.bytes);
}

int tracefs_reason_in(struct text *said, struct error *err)
{
	return reason_in(said, "", err);
}

int tracefs_reason(const struct tracefs_program *program, const char *prefix, struct error *err)
{
	_cleanup_(text_release) struct text said = TEXT_INIT;
	char bytes[4096];
	ssize_t n;

	lseek(program->log, 0, SEEK_SET);
	while (said.size < LOG_MAX && (n = read(program->log, bytes, sizeof(bytes))) > 0)
		text_add_bytes(&said, bytes, (size_t)n);
	return reason_in(&said, prefix, err);
}

static bool is_mounted(const char *path)
{
	struct statx st;

	/* the mount's own word, without asking who serves it */
	return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, STATX_TYPE, &st) == 0 &&
	       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

int tracefs_wait(struct tracefs_program *program, int ms)
{
	struct pollfd waiting = {.fd = program->pidfd, .events = POLLIN};
	int status = -1;

	if (poll(&waiting, 1, ms) != 1)
		return -1;
	if (program->outside) {
		status = outside_wait(program->pid);
		program->pid = 0;
		return status;
	}
	while (waitpid(program->pid, &status, 0) < 0)
		if (errno != EINTR)
			break;
	program->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

void tracefs_kill(struct tracefs_program *program)
{
	if (program->pid) {
		if (program->outside)
			outside_kill(program->pid, SIGKILL);
		else
			kill(program->pid, SIGKILL);
		tracefs_wait(program, -1);
	}
	tracefs_leave(program);
}

static int wait_mounted(struct tracefs_program *program, const char *mountpoint, struct error *err)
{
	for (int waited = 0; waited < APPEAR_MS; waited += TICK_MS) {
		if (is_mounted(mountpoint))
			return 0;
		if (tracefs_wait(program, TICK_MS) >= 0)
			return tracefs_reason(program, "", err);
	}
	return error_set(err, -ETIME, "tracefs did not come up within %d s", APPEAR_MS / 1000);
}

int tracefs_start(const char *options, const char *source, const char *mountpoint, bool stays,
		  struct tracefs_program *ret_program, struct error *err)
{
	struct tracefs_program program = TRACEFS_PROGRAM_INIT;
	int r = 0;

	program.log = memfd_create("tracefs", MFD_CLOEXEC);
	if (program.log < 0)
		return error_errno(err, "cannot keep what tracefs says");
	fflush(NULL);
	program.pid = fork();
	if (program.pid == 0)
		become(options, source, mountpoint, stays, program.log);
	if (program.pid < 0) {
		program.pid = 0;
		r = error_errno(err, "cannot start tracefs");
	}
	if (r == 0) {
		program.pidfd = (int)syscall(SYS_pidfd_open, program.pid, 0);
		r = program.pidfd < 0 ? error_errno(err, "cannot wait for tracefs")
				      : wait_mounted(&program, mountpoint, err);
	}
	if (r < 0)
		tracefs_kill(&program);
	else
		*ret_program = program;
	return r;
}

int tracefs_start_outside(const char *options, const char *source, const char *mountpoint,
			  struct tracefs_program *ret_program, struct error *err)
{
	static const int options_word = 3;
	const char *const words[] = {"tracefs", "-f", "-o", options, source, mountpoint, NULL};
	struct tracefs_program program = TRACEFS_PROGRAM_INIT;
	int r;

	program.outside = true;
	program.log = memfd_create("tracefs", MFD_CLOEXEC);
	if (program.log < 0)
		return error_errno(err, "cannot keep what tracefs says");
	r = outside_start(words, options_word, program.log, program.log, &program.pid, &program.pidfd, err);
	if (r == 0)
		r = wait_mounted(&program, mountpoint, err);
	if (r < 0)
		tracefs_kill(&program);
	else
		*ret_program = program;
	return r;
}
