// SPDX-License-Identifier: BSD-2-Clause
#include "stage/mount/squashfuse.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/program.h"
#include "db/base/text.h"
#include "stage/mount/mount.h"

enum { FUSE_FD = 3, IMAGE_FD = 4, SPARE = 100, SAID_MAX = 4096 };

static const char program[] = "squashfuse_ll";

static int fuse_mount(int fuse, int *ret_mount, struct error *err)
{
	static const char *const flags[] = {"default_permissions", "allow_other"};
	_cleanup_(closep) int context = fsopen("fuse", FSOPEN_CLOEXEC);
	char number[16], mode[16];
	bool set;

	if (context < 0)
		return error_errno(err, "cannot mount by FUSE");
	snprintf(number, sizeof(number), "%d", fuse);
	snprintf(mode, sizeof(mode), "%o", S_IFDIR | 0755);
	set = fsconfig(context, FSCONFIG_SET_STRING, "source", program, 0) == 0 &&
	      fsconfig(context, FSCONFIG_SET_STRING, "fd", number, 0) == 0 &&
	      fsconfig(context, FSCONFIG_SET_STRING, "rootmode", mode, 0) == 0 &&
	      fsconfig(context, FSCONFIG_SET_STRING, "user_id", "0", 0) == 0 &&
	      fsconfig(context, FSCONFIG_SET_STRING, "group_id", "0", 0) == 0;
	for (size_t i = 0; set && i < sizeof(flags) / sizeof(*flags); i++)
		set = fsconfig(context, FSCONFIG_SET_FLAG, flags[i], NULL, 0) == 0;
	if (!set)
		return mount_failed(context, "by FUSE", err);
	return mount_finish(context,
			    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
			    "by FUSE", ret_mount, err);
}

/* It has the two descriptors and what it says, and nothing else of ours. */
static _Noreturn void become(int fuse, int image, int said)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char from[32], to[32];
	sigset_t none;

	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	snprintf(from, sizeof(from), "/dev/fd/%d", IMAGE_FD);
	snprintf(to, sizeof(to), "/dev/fd/%d", FUSE_FD);
	if (dup2(fuse, SPARE) == SPARE && dup2(image, SPARE + 1) == SPARE + 1 && dup2(null, 0) == 0 &&
	    dup2(said, 1) == 1 && dup2(said, 2) == 2 && dup2(SPARE, FUSE_FD) == FUSE_FD &&
	    dup2(SPARE + 1, IMAGE_FD) == IMAGE_FD && close(SPARE) == 0 && close(SPARE + 1) == 0)
		execlp(program, program, "-f", "-o", "ro,allow_other,default_permissions", from, to, (char *)NULL);
	dprintf(said, "%s\n", strerror(errno));
	_exit(127);
}

static int why(pid_t pid, int said, const char *name, struct error *err)
{
	char text[SAID_MAX];
	ssize_t n;

	waitpid(pid, NULL, 0);
	n = io_pread(said, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return error_set(err, -EIO, "cannot mount '%s': %s%s%s", name, program, *text ? ": " : " said nothing", text);
}

/* Its root's attributes come from the program: it answers. */
static bool root_answers(int mount)
{
	struct stat st;

	return fstatat(mount, ".", &st, 0) == 0;
}

int squashfuse_mount(int image, const char *name, int *ret_mount, struct error *err)
{
	_cleanup_(closep) int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC), mount = -1, said = -1;
	pid_t pid;
	int r;

	if (fuse < 0)
		return error_errno(err, "without root mounting '%s' takes /dev/fuse, which cannot be opened", name);
	if (!program_is_there(program))
		return error_set(err, -ENOENT, "without root mounting '%s' takes %s; install it (Debian: apt-get "
					       "install squashfuse)", name, program);
	r = fuse_mount(fuse, &mount, err);
	if (r < 0)
		return r;
	said = memfd_create(program, MFD_CLOEXEC);
	if (said < 0)
		return error_errno(err, "cannot keep what %s says", program);
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		become(fuse, image, said);
	if (pid < 0)
		return error_errno(err, "cannot fork");
	closep(&fuse); /* the program's alone: with it the mount's answers end */
	fuse = -1;
	if (!root_answers(mount))
		return why(pid, said, name, err);
	*ret_mount = take_fd(&mount);
	return 0;
}
