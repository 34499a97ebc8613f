// SPDX-License-Identifier: BSD-2-Clause
#include "stage/layer/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/program.h"
#include "db/base/text.h"
#include "stage/layer/dev.h"
#include "stage/layer/package.h"
#include "stage/layer/tracefs.h"
#include "stage/layer/view.h"
#include "stage/mount/mount.h"
#include "stage/mount/namespace.h"
#include "stage/mount/own.h"
#include "stage/mount/work.h"

/* Where all of it is in the guard's own namespace. */
#define TREE work_path("/tree")
#define PLACE work_path("/guard")
#define PACKED work_path("/package")

enum { END_MS = 60000 };

/* ---- what it shows ---- */

int guard_check_source(struct state *state, const char *source, struct error *err)
{
	struct stat st;
	int r = state_check_name("a root", source, NULL) == 0 ? dev_find(state, source, NULL, err) : 0;

	if (r != 0)
		return r < 0 ? r : 0;
	if (stat(source, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return error_set(err, -ENOENT, "there is no directory and no name of sfc dev '%s'", source);
}

int guard_open_source(struct state *state, const char *source, int *ret_tree, struct error *err)
{
	_cleanup_(dev_release) struct dev dev = DEV_INIT;
	_cleanup_(closep) int tree = -1;
	int r = state_check_name("a root", source, NULL) == 0 ? dev_find(state, source, &dev, err) : 0;

	if (r > 0)
		r = view_open(state, &dev, &tree, err);
	else if (r == 0)
		r = mount_clone(AT_FDCWD, source, false, &tree, err);
	if (r == 0)
		r = mount_set(tree, MOUNT_ATTR_RDONLY, 0, false, err);
	if (r < 0)
		return error_prefix(err, r, "the guard");
	*ret_tree = take_fd(&tree);
	return 0;
}

/* The directories below PACKED/rootfs, empty. */
static int copy_directories(struct error *err)
{
	char *roots[] = {(char *)work_path("/package/rootfs"), NULL};
	size_t from = strlen(roots[0]);
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
	FTSENT *entry;
	int r = fts ? 0 : error_oom(err);

	while (r == 0 && (entry = fts_read(fts))) {
		_cleanup_(text_release) struct text path = TEXT_INIT;

		if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR)
			r = error_code(err, -entry->fts_errno, "cannot read the package");
		if (entry->fts_info != FTS_D || entry->fts_level == 0)
			continue;
		text_printf(&path, "%s%s", TREE, entry->fts_path + from);
		if (text_failed(&path))
			r = error_oom(err);
		else if (mkdir(path.bytes, 0755) < 0)
			r = error_errno(err, "cannot show the package's directories");
	}
	if (fts)
		fts_close(fts);
	return r;
}

/* ---- in its own namespace ---- */

struct making {
	const struct guard_request *request;
	int mount;
	pid_t pid;
	char device[GUARD_DEVICE_SIZE];
};

static int attach(int mount, const char *path, struct error *err)
{
	if (mkdir(path, 0755) < 0)
		return error_errno(err, "cannot make '%s'", path);
	return mount < 0 ? 0 : mount_attach(mount, AT_FDCWD, path, err);
}

static int furnish(const struct making *making, struct error *err)
{
	_cleanup_(closep) int empty = -1, rootfs = -1, package = -1;
	int r = layer_work_make(err);

	if (r == 0)
		r = attach(making->request->package, PACKED, err);
	if (r == 0 && making->request->tree < 0)
		r = mount_tmpfs(0755, 0, &empty, err);
	if (r == 0)
		r = attach(making->request->tree < 0 ? empty : making->request->tree, TREE, err);
	if (r == 0)
		r = attach(-1, PLACE, err);
	if (r < 0)
		return r;
	package = open(PACKED, O_PATH | O_DIRECTORY | O_CLOEXEC);
	rootfs = package < 0 ? -errno : mount_open_in(package, "rootfs", O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	if (rootfs < 0)
		return error_set(err, rootfs, "rootfs is not a directory");
	return making->request->tree < 0 ? copy_directories(err) : 0;
}

/* None of the host's disks is held, but where the manifest is. */
static int trim(const struct making *making, struct error *err)
{
	const char *const keep[] = {work_path(""), "/run/tracefs", making->request->manifest, NULL};

	return namespace_trim(keep, err);
}

/* It has no place from here on: who has the descriptor has all of it. */
static int take_mount(struct making *making, struct error *err)
{
	struct statx st;
	int r = mount_clone(AT_FDCWD, PLACE, false, &making->mount, err);

	if (r < 0)
		return r;
	if (statx(making->mount, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &st) < 0)
		return error_errno(err, "cannot look at the guard");
	snprintf(making->device, sizeof(making->device), "%u:%u", st.stx_dev_major, st.stx_dev_minor);
	if (umount2(PLACE, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return error_errno(err, "cannot take the guard");
	return 0;
}

static int make(void *data, struct error *err)
{
	struct making *making = data;
	struct tracefs_program program = TRACEFS_PROGRAM_INIT;
	_cleanup_(text_release) struct text options = TEXT_INIT;
	int r;

	tracefs_option(&options, "manifest", making->request->manifest);
	tracefs_option(&options, "label", making->request->label);
	text_add(&options, ",kind=prod,ro,catalog=no");
	tracefs_option(&options, "known", work_path("/package/sfc/manifest.db"));
	tracefs_option(&options, "except", work_path("/package/rootfs"));
	r = text_failed(&options) ? error_oom(err) : own_mounts_begin(err);
	if (r == 0)
		r = furnish(making, err);
	if (r == 0)
		r = trim(making, err);
	if (r == 0)
		r = tracefs_start(options.bytes, TREE, PLACE, true, &program, err);
	if (r < 0)
		return r;
	making->pid = program.pid;
	r = take_mount(making, err);
	if (r < 0)
		tracefs_kill(&program);
	else
		tracefs_leave(&program);
	return r;
}

int guard_begin(const struct guard_request *request, struct guard *ret_guard, int *ret_mount,
		struct error *err)
{
	struct making making = {.request = request, .mount = -1};
	_cleanup_(closep) int mount = -1;
	int r = namespace_aside(make, &making, sizeof(making), err);

	mount = making.mount;
	if (r < 0)
		return error_prefix(err, r, "the guard");
	r = process_note(making.pid, &ret_guard->daemon, err);
	if (r < 0)
		return r;
	memcpy(ret_guard->device, making.device, sizeof(ret_guard->device));
	*ret_mount = take_fd(&mount);
	return 0;
}

/* ---- one that is up ---- */

bool guard_is_alive(const struct guard *guard)
{
	return guard->daemon.pid && process_is_alive(&guard->daemon);
}

static int ask(const struct guard *guard, const char *question, const char *word, struct error *err)
{
	_cleanup_(text_release) struct text said = TEXT_INIT;
	const char *const words[] = {"tracefs", question, word ? word : guard->device,
				     word ? guard->device : NULL, NULL};
	const char *line;
	int r;

	if (!guard_is_alive(guard))
		return 0;
	r = program_run(words, NULL, &said, err);
	if (r <= 0 || !guard_is_alive(guard))
		return r < 0 ? r : 0;
	line = program_line(&said, "tracefs: ");
	return error_set(err, -EIO, "%s", strncmp(line, "tracefs: ", 9) == 0 ? line + 9 : line);
}

int guard_flush(const struct guard *guard, struct error *err)
{
	return ask(guard, "--flush", NULL, err);
}

int guard_mark(const struct guard *guard, const char *label, struct error *err)
{
	return ask(guard, "--mark", label, err);
}

int guard_settle(const struct guard *guard, struct error *err)
{
	_cleanup_(closep) int pidfd = -1;
	struct pollfd ends = {.events = POLLIN};

	if (!guard->daemon.pid)
		return 0;
	pidfd = process_open(&guard->daemon);
	ends.fd = pidfd;
	if (pidfd == -ESRCH)
		return 0;
	if (pidfd < 0)
		return error_code(err, pidfd, "cannot wait for the guard");
	if (poll(&ends, 1, END_MS) == 1)
		return 0;
	/* another process, tracefs's own, marks the session as interrupted */
	kill((pid_t)guard->daemon.pid, SIGKILL);
	poll(&ends, 1, END_MS);
	return error_set(err, -ETIME, "the guard did not end within %d s", END_MS / 1000);
}
