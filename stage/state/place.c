// SPDX-License-Identifier: BSD-2-Clause
#include "stage/state/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/mounts.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "stage/mount/user.h"
#include "stage/mount/work.h"
#include "stage/state/state.h"

/* ---- which one ---- */

static char *default_directory(void)
{
	const char *given = getenv("SFC_STATE"), *data = getenv("XDG_DATA_HOME");
	struct text text = TEXT_INIT;

	if (given && *given)
		text_add(&text, given);
	else if (!user_is_plain())
		text_add(&text, "/var/lib/sfc");
	else if (data && *data == '/')
		text_printf(&text, "%s/sfc", data);
	else
		text_printf(&text, "%s/.local/share/sfc", getenv("HOME") ? getenv("HOME") : "");
	return text_take(&text);
}

/* As mkdir -p; what is above it is everybody's business, itself nobody's but ours. */
static int make_directory(const char *path, struct error *err)
{
	_cleanup_(freep) char *part = strdup(path);

	if (!part)
		return error_oom(err);
	for (char *at = part + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return error_errno(err, "cannot make the state directory '%s'", path);
		*at = '/';
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make the state directory '%s'", path);
	return 0;
}

/* ---- is it ours ---- */

/* What a state directory may hold before it has a database: what `sfc prod` has put there. */
static bool is_of_a_state(const char *name)
{
	static const char *const names[] = {"app", "base", "cache", "dev", "locks", "mounts",
					    "namespace", "packages", "prod", "run", "store",
					    "test"};

	if (strncmp(name, "state.db", 8) == 0)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static int check_contents(int fd, const char *path, struct error *err)
{
	_cleanup_(closedirp) DIR *dir = NULL;
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *item;

	dir = copy < 0 ? NULL : fdopendir(copy);
	if (!dir)
		return error_errno(err, "cannot read the state directory '%s'", path);
	while ((item = readdir(dir))) {
		if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0 ||
		    is_of_a_state(item->d_name))
			continue;
		return error_set(
		    err, -ENOTEMPTY,
		    "'%s' is no state directory: it holds '%s'; choose an empty one, or one "
		    "that is not there yet",
		    path, item->d_name);
	}
	return 0;
}

/* Whoever could write there could put a layer under our feet. */
static int close_door(int fd, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_errno(err, "cannot look at the state directory '%s'", path);
	if (st.st_uid != geteuid())
		return error_set(err, -EPERM,
				 "the state directory '%s' belongs to user %u, not to %u who asks",
				 path, st.st_uid, geteuid());
	if ((st.st_mode & 077) && fchmod(fd, 0700) < 0)
		return error_errno(err, "cannot close the state directory '%s' to others", path);
	return 0;
}

/* ---- can it be there ---- */

bool state_filesystem_shares(const char *type)
{
	/* each client has pages of its own: what one writes to a mapping the other does not see */
	static const char *const apart[] = {"9p",    "afs", "ceph", "cifs", "coda", "fuse.sshfs",
					    "ncpfs", "nfs", "nfs4", "smb3", "smbfs"};

	for (size_t i = 0; i < sizeof(apart) / sizeof(*apart); i++)
		if (strcmp(type, apart[i]) == 0)
			return false;
	return true;
}

struct sought {
	uint64_t id;
	char type[64];
};

static int find_mount(const struct mount_line *mount, void *data)
{
	struct sought *sought = data;

	if (mount->id != sought->id)
		return 0;
	snprintf(sought->type, sizeof(sought->type), "%s", mount->type);
	return 1;
}

/* Asked of the database where there is one: a file made for it costs more than all that `sfc ps` reads. */
static bool maps_shared(int fd)
{
	_cleanup_(closep) int file = openat(fd, "state.db", O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	void *page;

	if (file < 0) {
		file = openat(fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (file < 0 || ftruncate(file, 4096) < 0)
			return true; /* SQLite will say it */
	}
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (page == MAP_FAILED)
		return false;
	munmap(page, 4096);
	return true;
}

static int check_filesystem(int fd, const char *path, struct error *err)
{
	struct sought sought = {.type = "an unknown file system"};
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) == 0) {
		sought.id = stx.stx_mnt_id;
		mounts_each(find_mount, &sought);
	}
	if (state_filesystem_shares(sought.type) && maps_shared(fd))
		return 0;
	return error_set(
	    err, -EOPNOTSUPP,
	    "the state directory '%s' is on %s, where processes cannot share memory; choose "
	    "a local disk with --state or SFC_STATE",
	    path, sought.type);
}

int place_open(const char *dir, int *ret_fd, char **ret_path, struct error *err)
{
	_cleanup_(freep) char *asked = dir ? strdup(dir) : default_directory();
	_cleanup_(freep) char *path = NULL;
	_cleanup_(closep) int fd = -1;
	int r;

	if (!asked)
		return error_oom(err);
	if (!*asked)
		return error_set(err, -EINVAL, "the state directory has no name");
	fd = open(asked, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		r = make_directory(asked, err);
		if (r < 0)
			return r;
		fd = open(asked, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0)
		return error_errno(err, "cannot open the state directory '%s'", asked);
	path = realpath(asked, NULL);
	if (!path)
		return error_errno(err, "cannot open the state directory '%s'", asked);
	r = faccessat(fd, "state.db", F_OK, 0) == 0 ? 0 : check_contents(fd, path, err);
	if (r == 0)
		r = check_filesystem(fd, path, err);
	if (r == 0)
		r = close_door(fd, path, err);
	if (r < 0)
		return r;
	work_is_in(path);
	*ret_fd = take_fd(&fd);
	*ret_path = take(path);
	return 0;
}

bool place_is_there(void)
{
	_cleanup_(freep) char *directory = default_directory();
	_cleanup_(freep) char *path = directory && *directory ? path_join(directory, "state.db") : NULL;

	return path && access(path, F_OK) == 0;
}

int place_directory(const char *place, const char *name, char **ret_path, struct error *err)
{
	_cleanup_(freep) char *path = path_join(place, name);

	if (!path)
		return error_oom(err);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make '%s'", path);
	*ret_path = take(path);
	return 0;
}
