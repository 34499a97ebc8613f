// SPDX-License-Identifier: BSD-2-Clause
#include "stage/store/space.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "stage/mount/mount.h"
#include "stage/mount/namespace.h"
#include "stage/store/expire.h"

struct visit {
	struct space space;
	char digest[DIGEST_HEX_SIZE];
	bool stay; /* do not look where the machine was booted */
	int mount;
	uint64_t bytes;
	int ret_mount;
};

static bool is_same_directory(const struct space *space)
{
	struct stat st;

	return stat(space->directory, &st) == 0 && st.st_dev == space->dev && st.st_ino == space->ino;
}

/* -ESTALE: the state directory is another there. */
static int go_there(const struct visit *visit)
{
	if (!visit->stay)
		namespace_enter_first();
	return is_same_directory(&visit->space) ? 0 : -ESTALE;
}

/* Once where the machine was booted, else where we are. */
static int visit_space(int (*inside)(void *data, struct error *err), struct visit *visit,
		       struct error *err)
{
	int r;

	visit->stay = false;
	r = namespace_aside(inside, visit, sizeof(*visit), err);
	if (r != -ESTALE)
		return r;
	visit->stay = true;
	return namespace_aside(inside, visit, sizeof(*visit), err);
}

/* Into the store's namespace; a file that is none means that it must be made anew. */
static int enter(const struct space *space, struct error *err)
{
	char path[sizeof(space->directory) + 4];
	_cleanup_(closep) int fd = -1;
	struct statfs fs;

	snprintf(path, sizeof(path), "%s/ns", space->directory);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC)
		return -ENOENT;
	if (setns(fd, CLONE_NEWNS) < 0)
		return error_errno(err, "cannot enter the store's namespace '%s'", path);
	return 0;
}

static int clone_here(struct visit *visit, struct error *err)
{
	char path[100];
	struct stat st;

	/* the file goes first and comes last: what has it is mounted */
	snprintf(path, sizeof(path), "/used/%s", visit->digest);
	if (stat(path, &st) < 0)
		return -ENOENT;
	utimensat(AT_FDCWD, path, NULL, 0);
	snprintf(path, sizeof(path), "/mounts/%s", visit->digest);
	return mount_clone(AT_FDCWD, path, false, &visit->ret_mount, err);
}

static int clone_inside(void *data, struct error *err)
{
	struct visit *visit = data;
	int r = go_there(visit);

	if (r == 0)
		r = enter(&visit->space, err);
	if (r < 0)
		return r;
	r = clone_here(visit, err);
	expire_packages();
	return r;
}

static struct visit visit_of(const struct space *space, const char *digest)
{
	struct visit visit = {.space = *space, .mount = -1, .ret_mount = -1};

	if (digest)
		snprintf(visit.digest, sizeof(visit.digest), "%s", digest);
	return visit;
}

int space_clone(const struct space *space, const char *digest, int *ret_mount, struct error *err)
{
	struct visit visit = visit_of(space, digest);
	int r = visit_space(clone_inside, &visit, err);

	if (r == 0)
		*ret_mount = visit.ret_mount;
	return r;
}

/* --- making it --- */

/*
 * In a namespace of our own: an empty root with nothing of the host's but the store's directory, so that no
 * other mount of the host is held by it.
 */
static int furnish(int tmpfs, int directory, const char *at, struct error *err)
{
	static const char *const names[] = {"store", "mounts", "used"};
	int r = mount_attach(tmpfs, AT_FDCWD, at, err);

	for (size_t i = 0; r == 0 && i < sizeof(names) / sizeof(*names); i++)
		if (mkdirat(tmpfs, names[i], 0700) < 0)
			r = error_errno(err, "cannot make the store's namespace");
	if (r == 0)
		r = mount_attach(directory, tmpfs, "store", err);
	if (r < 0)
		return r;
	if (fchdir(tmpfs) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return error_errno(err, "cannot make the store's namespace");
	return 0;
}

struct making {
	struct space space;
	int cpu;       /* where to make it; -1: anywhere */
	int namespace; /* once made */
};

static int make_inside(void *data, struct error *err)
{
	struct making *making = data;
	_cleanup_(closep) int directory = -1, tmpfs = -1, namespace = -1;
	cpu_set_t there;
	int r;

	if (making->cpu >= 0) {
		CPU_ZERO(&there);
		CPU_SET(making->cpu, &there);
		sched_setaffinity(0, sizeof(there), &there);
	}
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return error_errno(err, "cannot make the store's namespace");
	namespace = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (namespace < 0)
		return error_errno(err, "cannot make the store's namespace");
	r = mount_clone(AT_FDCWD, making->space.directory, false, &directory, err);
	if (r == 0)
		r = mount_tmpfs(0700, 0, &tmpfs, err);
	if (r == 0)
		r = furnish(tmpfs, directory, making->space.directory, err);
	if (r == 0)
		making->namespace = take_fd(&namespace);
	return r;
}

/* A bound namespace cannot be seen by mounts that are shared: its directory is a private mount. */
static int bind_namespace(const struct space *space, int namespace, struct error *err)
{
	char from[40], at[sizeof(space->directory) + 4];
	_cleanup_(closep) int file = -1;

	snprintf(at, sizeof(at), "%s/ns", space->directory);
	if (mount(space->directory, space->directory, NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, space->directory, NULL, MS_PRIVATE, NULL) < 0)
		return error_errno(err, "cannot bind '%s'", space->directory);
	file = open(at, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	snprintf(from, sizeof(from), "/proc/self/fd/%d", namespace);
	if (file < 0 || mount(from, at, NULL, MS_BIND, NULL) < 0) {
		int r = error_errno(err, "cannot bind the store's namespace to '%s'", at);

		umount2(space->directory, MNT_DETACH);
		return r;
	}
	return 0;
}

/* Made beside us, since the namespace we are in is to keep the file. */
static int make_on(const struct space *space, int cpu, struct error *err)
{
	struct making making = {.space = *space, .cpu = cpu, .namespace = -1};
	_cleanup_(closep) int namespace = -1;
	int r = namespace_aside(make_inside, &making, sizeof(making), err);

	namespace = making.namespace;
	return r < 0 ? r : bind_namespace(space, namespace, err);
}

/*
 * The kernel lets a namespace be bound in older ones only, and tells their age by numbers, of which newer
 * kernels give each processor a portion. On the processor that ours is from the next number is a higher one.
 */
static int make(const struct space *space, struct error *err)
{
	long count = sysconf(_SC_NPROCESSORS_CONF);
	int r = make_on(space, -1, err);

	for (int cpu = 0; r == -EINVAL && cpu < count && cpu < CPU_SETSIZE; cpu++)
		r = make_on(space, cpu, err);
	return r;
}

static int note_use(const struct visit *visit, struct error *err)
{
	_cleanup_(closep) int fd = -1;
	char path[100];

	snprintf(path, sizeof(path), "/used/%s", visit->digest);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)visit->bytes) < 0)
		return error_errno(err, "cannot add a package to the store");
	return 0;
}

static int add_inside(void *data, struct error *err)
{
	struct visit *visit = data;
	char path[100];
	int r = go_there(visit);

	if (r == 0)
		r = enter(&visit->space, err);
	if (r == -ENOENT) {
		r = make(&visit->space, err);
		if (r == 0)
			r = enter(&visit->space, err);
	}
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/mounts/%s", visit->digest);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "cannot add a package to the store");
	r = mount_attach(visit->mount, AT_FDCWD, path, err);
	if (r == 0)
		r = note_use(visit, err);
	if (r == 0)
		r = clone_here(visit, err);
	expire_packages();
	return r;
}

int space_add(const struct space *space, const char *digest, int mount, uint64_t bytes,
	      int *ret_mount, struct error *err)
{
	struct visit visit = visit_of(space, digest);
	int r;

	visit.mount = mount;
	visit.bytes = bytes;
	r = visit_space(add_inside, &visit, err);
	if (r == 0)
		*ret_mount = visit.ret_mount;
	return r;
}

static int drop_inside(void *data, struct error *err)
{
	struct visit *visit = data;
	int r = go_there(visit);

	if (r == 0)
		r = enter(&visit->space, err);
	if (r == 0)
		expire_package(visit->digest);
	return r == -ENOENT ? 0 : r;
}

int space_drop(const struct space *space, const char *digest, struct error *err)
{
	struct visit visit = visit_of(space, digest);

	return visit_space(drop_inside, &visit, err);
}

static int remove_inside(void *data, struct error *err)
{
	struct visit *visit = data;
	char path[sizeof(visit->space.directory) + 4];
	int r = go_there(visit);

	(void)err;
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "%s/ns", visit->space.directory);
	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		umount2(visit->space.directory, MNT_DETACH | UMOUNT_NOFOLLOW);
	unlink(path);
	return 0;
}

int space_remove(const struct space *space, struct error *err)
{
	struct visit visit = visit_of(space, NULL);

	return visit_space(remove_inside, &visit, err);
}
