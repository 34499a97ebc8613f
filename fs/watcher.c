// SPDX-License-Identifier: BSD-2-Clause
#include "fs/watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/log.h"
#include "db/manifest.h"
#include "fs/control.h"

/* What is said over the pipe; a mount id of 0: all is well. */
struct message {
	uint64_t id;
	dev_t dev;
};

struct unmounting {
	const char *mountpoint;
	uint64_t id;
};

/* The daemon is gone: no lookup of the mount point may be needed to unmount it. */
static int unmount(void *data, int fds[ELSEWHERE_FDS], struct error *err)
{
	const struct unmounting *unmounting = data;
	struct statx stx;

	(void)fds;
	(void)err;
	if (statx(AT_FDCWD, unmounting->mountpoint, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC,
		  STATX_MNT_ID, &stx) == 0 &&
	    stx.stx_mnt_id != unmounting->id)
		return 0;
	umount2(unmounting->mountpoint, MNT_DETACH | UMOUNT_NOFOLLOW);
	return 0;
}

/* Opening for writing marks the sessions whose writer is gone. */
static void mark_sessions(const char *path)
{
	struct manifest *manifest = NULL;

	if (manifest_open(path, MANIFEST_WRITE, &manifest, NULL) == 0)
		manifest_close(manifest);
}

/* The pipe, and how to get to where the mount is; all else would be held open for as long as we are. */
static void keep_only(int *fd, struct elsewhere *ns)
{
	int *wanted[] = {fd, &ns->user_fd, &ns->mnt_fd};
	int next = 3;

	for (size_t i = 0; i < 3; i++)
		if (*wanted[i] >= 0)
			*wanted[i] = fcntl(*wanted[i], F_DUPFD_CLOEXEC, 64);
	close_range(3, 63, 0);
	for (size_t i = 0; i < 3; i++)
		if (*wanted[i] >= 0)
			*wanted[i] = dup2(*wanted[i], next++);
	close_range((unsigned int)next, ~0u, 0);
}

static void watch(int fd, struct elsewhere ns, const char *mountpoint, const char *manifest)
{
	struct message mount = {0}, said;

	setsid();
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_NAME, "tracefs-watch");
	keep_only(&fd, &ns);
	while (io_read(fd, &said, sizeof(said)) == sizeof(said)) {
		if (said.id == 0)
			_exit(0);
		mount = said;
	}
	if (mount.id == 0)
		_exit(0);
	elsewhere_call(&ns, unmount, &(struct unmounting){mountpoint, mount.id},
		       sizeof(struct unmounting), NULL, NULL);
	control_sweep(mount.dev);
	mark_sessions(manifest);
	log_error("the process that served %s is gone: it is unmounted and its session in %s "
		  "is marked as interrupted", mountpoint, manifest);
	_exit(1);
}

int watcher_start(struct watcher *watcher, const struct elsewhere *ns, const char *mountpoint,
		  const char *manifest, bool background, struct error *err)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_errno(err, "cannot make a pipe");
	watcher->pid = fork();
	if (watcher->pid < 0) {
		close(fds[0]);
		close(fds[1]);
		return error_errno(err, "cannot fork");
	}
	if (watcher->pid == 0) {
		close(fds[1]);
		if (background)
			io_leave_streams();
		watch(fds[0], *ns, mountpoint, manifest);
	}
	close(fds[0]);
	watcher->fd = fds[1];
	return 0;
}

void watcher_tell(struct watcher *watcher, uint64_t mount_id, dev_t dev)
{
	const struct message message = {.id = mount_id, .dev = dev};

	io_write(watcher->fd, &message, sizeof(message));
}

void watcher_stop(struct watcher *watcher)
{
	if (watcher->fd < 0)
		return;
	watcher_tell(watcher, 0, 0);
	closep(&watcher->fd);
	watcher->fd = -1;
	waitpid(watcher->pid, NULL, 0);
}
