// SPDX-License-Identifier: BSD-2-Clause
#include "fs/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "fs/sticky.h"

static const char OVERLAY_NAME[] = "tracefs";

/* The mount point. */

/* The file system type and source of the mount with this id; false when there is none. */
static bool mount_describe(uint64_t id, char type[64], char source[256])
{
	_cleanup_(fclosep) FILE *file = fopen("/proc/self/mountinfo", "re");
	_cleanup_(freep) char *line = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		char *rest = strstr(line, " - ");

		if (strtoull(line, NULL, 10) == id && rest &&
		    sscanf(rest, " - %63s %255s", type, source) == 2)
			return true;
	}
	return false;
}

static uint64_t mount_id_of(const char *path)
{
	struct statx stx;

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_MNT_ID, &stx) < 0)
		return 0;
	return stx.stx_mnt_id;
}

/* A mount whose daemon is gone answers nothing. */
static bool mount_is_dead(const char *path, const char *type, const char *source)
{
	_cleanup_(closedirp) DIR *dir = NULL;

	if (strcmp(type, "fuse.tracefs") != 0 &&
	    (strcmp(type, "overlay") != 0 || strcmp(source, OVERLAY_NAME) != 0))
		return false;
	errno = 0;
	dir = opendir(path);
	if (dir)
		readdir(dir);
	return errno == ENOTCONN || errno == ECONNABORTED || errno == EIO;
}

/* As realpath(), also where the last part is a mount nobody answers for. */
static char *real_mountpoint(const char *path)
{
	_cleanup_(freep) char *canonical = NULL, *parent = NULL, *real = NULL;
	char *result = realpath(path, NULL);

	if (result || errno != ENOTCONN)
		return result;
	if (path[0] != '/') {
		_cleanup_(freep) char *cwd = getcwd(NULL, 0), *joined = NULL;

		joined = cwd ? path_join(cwd, path) : NULL;
		canonical = joined ? path_canonicalize(joined) : NULL;
	} else {
		canonical = path_canonicalize(path);
	}
	parent = canonical ? path_parent(canonical) : NULL;
	real = parent ? realpath(parent, NULL) : NULL;
	return real ? path_join(real, path_name(canonical)) : NULL;
}

int mount_point_check(const char *path, char **ret_path, struct error *err)
{
	_cleanup_(freep) char *real = real_mountpoint(path);
	char type[64] = "", source[256] = "";
	struct statx stx;
	int r;

	if (!real)
		return error_errno(err, "mount point %s", path);
	r = statx(AT_FDCWD, real, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
		  STATX_TYPE | STATX_MNT_ID, &stx);
	if (r == 0 && !S_ISDIR(stx.stx_mode))
		return error_set(err, -ENOTDIR, "mount point %s is not a directory", path);
	if (r < 0 && errno != ENOTCONN)
		return error_errno(err, "mount point %s", path);
	if (r < 0) {
		if (umount2(real, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
			return error_errno(err, "%s is a mount whose server died, and it cannot be "
						"unmounted", path);
	} else if (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT) {
		mount_describe(stx.stx_mnt_id, type, source);
		if (!mount_is_dead(real, type, source) ||
		    umount2(real, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
			return error_set(err, -EBUSY, "%s is a mount point of %s already; unmount "
						      "it or choose another directory",
					 path, type[0] ? type : "another file system");
	}
	*ret_path = take(real);
	return 0;
}

/* Making file systems. */

struct parameter {
	const char *name, *value; /* value NULL: a flag */
};

/* What the kernel wrote about the last failure of a file system context, or errno's text. */
static int context_error(struct error *err, int fd, const char *what)
{
	int code = errno;
	char message[256];
	ssize_t n = read(fd, message, sizeof(message) - 1);

	errno = code;
	if (n <= 2)
		return error_errno(err, "%s", what);
	message[n] = '\0';
	message[strcspn(message, "\n")] = '\0';
	return error_errno(err, "%s: %s", what, message + 2);
}

/* A file system that is not mounted anywhere yet: a mount descriptor, or a negative errno. */
static int filesystem_make(const char *type, const struct parameter *parameters,
			   unsigned int attributes, const char *what, struct error *err)
{
	_cleanup_(closep) int context = fsopen(type, FSOPEN_CLOEXEC);
	int fd;

	if (context < 0)
		return error_errno(err, "%s", what);
	for (; parameters->name; parameters++) {
		unsigned int command = parameters->value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;

		if (fsconfig(context, command, parameters->name, parameters->value, 0) < 0)
			return context_error(err, context, what);
	}
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return context_error(err, context, what);
	fd = fsmount(context, FSMOUNT_CLOEXEC, attributes);
	return fd < 0 ? context_error(err, context, what) : fd;
}

static int move_to(int mount_fd, const char *path)
{
	return move_mount(mount_fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0 ? -errno : 0;
}

bool mount_is_root_of_all(void)
{
	_cleanup_(fclosep) FILE *file = fopen("/proc/self/uid_map", "re");
	unsigned int inside = 1, outside = 1, count = 0;

	return geteuid() == 0 && file &&
	       fscanf(file, "%u %u %u", &inside, &outside, &count) == 3 && inside == 0 &&
	       outside == 0 && count == 4294967295u;
}

bool mount_privileged(void)
{
	_cleanup_(closep) int context = fsopen("fuse", FSOPEN_CLOEXEC);

	return context >= 0;
}

static int device_open(struct error *err)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return error_set(err, -ENOENT, "there is no /dev/fuse: load the kernel's fuse "
					       "module, or give the container the device");
	if (fd < 0)
		return error_errno(err, "cannot open /dev/fuse");
	return fd;
}

static unsigned int attributes_of(const struct options *options, bool read_only)
{
	return (read_only ? MOUNT_ATTR_RDONLY : 0u) | (options->nosuid ? MOUNT_ATTR_NOSUID : 0u) |
	       (options->nodev ? MOUNT_ATTR_NODEV : 0u) |
	       (options->noexec ? MOUNT_ATTR_NOEXEC : 0u) |
	       (options->noatime ? MOUNT_ATTR_NOATIME : 0u);
}

int mount_open(struct mount *mount, const struct options *options, const char *source,
	       bool permissions, bool allow_other, struct error *err)
{
	char fd[16], uid[16], gid[16];
	struct parameter parameters[12];
	size_t n = 0;

	*mount = (struct mount){.options = options,
				.mountpoint = options->mountpoint,
				.source = source,
				.fuse_fd = -1,
				.mount_fd = -1};
	mount->fuse_fd = device_open(err);
	if (mount->fuse_fd < 0)
		return mount->fuse_fd;
	snprintf(fd, sizeof(fd), "%d", mount->fuse_fd);
	snprintf(uid, sizeof(uid), "%u", (unsigned int)geteuid());
	snprintf(gid, sizeof(gid), "%u", (unsigned int)getegid());
	parameters[n++] = (struct parameter){"source", source};
	parameters[n++] = (struct parameter){"subtype", "tracefs"};
	parameters[n++] = (struct parameter){"fd", fd};
	parameters[n++] = (struct parameter){"rootmode", "40000"};
	parameters[n++] = (struct parameter){"user_id", uid};
	parameters[n++] = (struct parameter){"group_id", gid};
	if (allow_other)
		parameters[n++] = (struct parameter){"allow_other", NULL};
	if (permissions)
		parameters[n++] = (struct parameter){"default_permissions", NULL};
	if (options->scratch || options->read_only)
		parameters[n++] = (struct parameter){"ro", NULL};
	if (options->sync)
		parameters[n++] = (struct parameter){"sync", NULL};
	parameters[n] = (struct parameter){NULL, NULL};
	mount->mount_fd = filesystem_make("fuse", parameters,
					  attributes_of(options, options->scratch ||
									 options->read_only),
					  "cannot make the FUSE mount", err);
	return mount->mount_fd < 0 ? mount->mount_fd : 0;
}

int mount_open_by_helper(struct mount *mount, const struct options *options, const char *source,
			 struct fuse_session *session, struct error *err)
{
	*mount = (struct mount){.options = options,
				.mountpoint = options->mountpoint,
				.source = source,
				.fuse_fd = -1,
				.mount_fd = -1,
				.by_helper = true};
	if (options->scratch)
		return error_set(err, -EPERM,
				 "scratch= needs root, or a user namespace of your own: "
				 "unshare -Urm tracefs …");
	if (access("/dev/fuse", R_OK | W_OK) < 0)
		return error_errno(err, "this user may not open /dev/fuse; run tracefs as root, or "
					"let the user read and write it");
	if (fuse_session_mount(session, options->mountpoint) < 0)
		return error_set(err, -EPERM, "fusermount3 could not mount at %s (is the package "
					      "fuse3 installed?)", options->mountpoint);
	mount->fuse_fd = fuse_session_fd(session);
	mount->attached = true;
	return 0;
}

/* The overlay. */

/* A path for an overlayfs option, where ':' ',' and '\' mean something else: by descriptor then. */
static int overlay_path(const char *path, char *buffer, size_t size, int *ret_fd,
			struct error *err)
{
	if (!strpbrk(path, ":,\\")) {
		snprintf(buffer, size, "%s", path);
		return 0;
	}
	*ret_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*ret_fd < 0)
		return error_errno(err, "%s", path);
	snprintf(buffer, size, "/proc/self/fd/%d", *ret_fd);
	return 0;
}

static int overlay_make(struct mount *mount, const char *stage, struct error *err)
{
	_cleanup_(freep) char *lower = path_join(stage, "lower"), *upper = path_join(stage, "upper"),
			      *work = path_join(stage, "work");
	_cleanup_(closep) int lower_fd = -1, upper_fd = -1, work_fd = -1;
	char lower_option[4096], upper_option[4096], work_option[4096];
	struct parameter parameters[] = {{"source", OVERLAY_NAME},  {"lowerdir", lower_option},
					 {"upperdir", upper_option}, {"workdir", work_option},
					 {"xino", "on"},	     {NULL, NULL},
					 {NULL, NULL}};
	int r;

	if (!lower || !upper || !work)
		return error_oom(err);
	if (overlay_path(lower, lower_option, sizeof(lower_option), &lower_fd, err) < 0 ||
	    overlay_path(upper, upper_option, sizeof(upper_option), &upper_fd, err) < 0 ||
	    overlay_path(work, work_option, sizeof(work_option), &work_fd, err) < 0)
		return -errno;
	r = filesystem_make("overlay", parameters, attributes_of(mount->options, false),
			    "cannot make the overlay", err);
	if (r == -EPERM || r == -EINVAL) { /* in a user namespace it may not use trusted.* */
		struct error second = ERROR_INIT;
		int fd;

		parameters[5] = (struct parameter){"userxattr", NULL};
		fd = filesystem_make("overlay", parameters, attributes_of(mount->options, false),
				     "cannot make the overlay", &second);
		return fd < 0 ? r : fd;
	}
	return r;
}

/* The upper directory is the root's face: it takes mode, owner and time from the source. */
static int upper_make(const char *path, int root_fd, struct error *err)
{
	_cleanup_(closep) int fd = -1;
	struct timespec times[2];
	struct stat st;

	if (mkdir(path, 0755) < 0)
		return errno == EEXIST ? 0 : error_errno(err, "cannot make %s", path);
	if (fstat(root_fd, &st) < 0)
		return error_errno(err, "cannot look at the source");
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "cannot open %s", path);
	sticky_prepare(root_fd, fd);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	/* in a user namespace the owner may be somebody who does not exist there */
	if (chown(path, st.st_uid, st.st_gid) < 0 && errno != EINVAL && errno != EPERM)
		return error_errno(err, "cannot prepare %s", path);
	if (chmod(path, st.st_mode & 07777) < 0 ||
	    utimensat(AT_FDCWD, path, times, 0) < 0)
		return error_errno(err, "cannot prepare %s", path);
	return 0;
}

static int directory_make(const char *path, struct error *err)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make %s", path);
	return 0;
}

static int stage_fill(const char *stage, int root_fd, struct error *err)
{
	_cleanup_(freep) char *lower = path_join(stage, "lower"), *upper = path_join(stage, "upper"),
			      *work = path_join(stage, "work");
	int r;

	if (!lower || !upper || !work)
		return error_oom(err);
	r = upper_make(upper, root_fd, err);
	if (r == 0)
		r = directory_make(work, err);
	return r < 0 ? r : directory_make(lower, err);
}

/* A directory of our own with a tmpfs in it. */
static int stage_tmpfs(struct mount *mount, struct error *err)
{
	static const struct parameter parameters[] = {
		{"source", "tracefs"}, {"mode", "0700"}, {NULL, NULL}};
	_cleanup_(closep) int fd = -1;
	const char *temporary = getenv("TMPDIR");
	_cleanup_(freep) char *name = NULL;
	int r;

	r = fd = filesystem_make("tmpfs", parameters, 0, "cannot make a tmpfs for scratch", err);
	if (r < 0)
		return r;
	if (!temporary || temporary[0] != '/')
		temporary = "/tmp";
	name = path_join(temporary, "tracefs.XXXXXX");
	if (!name)
		return error_oom(err);
	if (!mkdtemp(name))
		return error_errno(err, "cannot make a directory in '%s'", temporary);
	mount->stage = take(name);
	r = move_to(fd, mount->stage);
	if (r < 0)
		return error_code(err, r, "cannot mount a tmpfs for scratch");
	mount->stage_is_tmpfs = true;
	return 0;
}

static int stage_directory(struct mount *mount, const char *scratch, struct error *err)
{
	struct stat st;

	if (stat(scratch, &st) < 0 && (errno != ENOENT || mkdir(scratch, 0700) < 0))
		return error_errno(err, "scratch directory %s", scratch);
	if (stat(scratch, &st) == 0 && !S_ISDIR(st.st_mode))
		return error_set(err, -ENOTDIR, "scratch %s is not a directory", scratch);
	mount->stage = realpath(scratch, NULL);
	return mount->stage ? 0 : error_errno(err, "scratch directory %s", scratch);
}

/* Give up the place where things were put together; what is mounted on top of them holds them. */
static void stage_leave(struct mount *mount)
{
	_cleanup_(freep) char *lower = NULL;

	if (!mount->stage)
		return;
	lower = path_join(mount->stage, "lower");
	if (lower) {
		umount2(lower, MNT_DETACH | UMOUNT_NOFOLLOW);
		rmdir(lower);
	}
	if (mount->stage_is_tmpfs)
		umount2(mount->stage, MNT_DETACH | UMOUNT_NOFOLLOW);
	if (strcmp(mount->options->scratch, "tmpfs") == 0)
		rmdir(mount->stage);
	free(mount->stage);
	mount->stage = NULL;
}

int mount_stack(struct mount *mount, int root_fd, struct error *err)
{
	const char *scratch = mount->options->scratch;
	_cleanup_(freep) char *lower = NULL;
	int r;

	if (!scratch)
		return 0;
	r = strcmp(scratch, "tmpfs") == 0 ? stage_tmpfs(mount, err)
					  : stage_directory(mount, scratch, err);
	if (r < 0)
		return r;
	r = stage_fill(mount->stage, root_fd, err);
	if (r < 0)
		return r;
	lower = path_join(mount->stage, "lower");
	if (!lower)
		return error_oom(err);
	r = move_to(mount->mount_fd, lower);
	if (r < 0)
		return error_code(err, r, "cannot mount at %s", lower);
	r = overlay_make(mount, mount->stage, err);
	if (r < 0)
		return r;
	close(mount->mount_fd);
	mount->mount_fd = r;
	stage_leave(mount);
	return 0;
}

/* There and away. */

/* What is seen at the mount point now is ours. */
static void mount_identify(struct mount *mount)
{
	struct stat st;

	mount->attached = true;
	mount->id = mount_id_of(mount->mountpoint);
	if (stat(mount->mountpoint, &st) == 0)
		mount->dev = st.st_dev;
}

int mount_attach(struct mount *mount, struct error *err)
{
	int r;

	if (mount->by_helper) { /* it is there already, and now it can answer */
		mount_identify(mount);
		return 0;
	}
	r = move_to(mount->mount_fd, mount->mountpoint);
	if (r < 0)
		return error_code(err, r, "cannot mount at %s", mount->mountpoint);
	closep(&mount->mount_fd);
	mount->mount_fd = -1;
	mount_identify(mount);
	return 0;
}

bool mount_detach(struct mount *mount, struct fuse_session *session)
{
	if (!mount->attached)
		return false;
	mount->attached = false;
	if (mount->by_helper)
		fuse_session_unmount(session);
	else if (mount_id_of(mount->mountpoint) == mount->id &&
		 umount2(mount->mountpoint, UMOUNT_NOFOLLOW) < 0)
		return umount2(mount->mountpoint, MNT_DETACH | UMOUNT_NOFOLLOW) == 0;
	return false;
}

void mount_release(struct mount *mount)
{
	stage_leave(mount);
	closep(&mount->mount_fd);
	if (!mount->by_helper)
		closep(&mount->fuse_fd);
}
