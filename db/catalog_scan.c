// SPDX-License-Identifier: BSD-2-Clause
#include "db/catalog.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/mounts.h"
#include "db/base/text.h"
#include "db/catalog_list.h"

struct scan {
	struct catalog_list *list; /* borrowed */
	struct text path; /* of the directory in hand; "" is the root */
	ARRAY(uint64_t) mounts; /* ids of those that may be entered */
	uint64_t skipped;
	const volatile int *cancelled;
	struct error *err;
};

static void scan_release(struct scan *scan)
{
	text_release(&scan->path);
	array_release(&scan->mounts);
}

static int mount_consider(const struct mount_line *mount, void *data)
{
	struct scan *scan = data;

	return filesystem_is_on_disk(mount->type) ? array_push(&scan->mounts, mount->id) : 0;
}

static bool mount_is_wanted(const struct scan *scan, uint64_t id)
{
	for (size_t i = 0; i < scan->mounts.count; i++)
		if (scan->mounts.items[i] == id)
			return true;
	return false;
}

/*
 * DONT_SYNC: a name may be the mount point of a file system whose server hangs, and what is not
 * entered must not be asked.
 */
static int stat_name(int fd, const char *name, int flags, struct statx *ret_stx)
{
	return statx(fd, name, flags | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
		     STATX_TYPE | STATX_MODE | STATX_SIZE | STATX_MNT_ID, ret_stx);
}

/* ---- one directory ---- */

/* A name in it, or, with a slash behind its name, what is in a directory of that name. */
struct found_name {
	size_t name; /* offset among the names */
	enum entry_kind kind;
	uint64_t size;
	uint16_t mode;
	uint64_t mount; /* of a directory */
};

struct found_names {
	struct text names; /* each with its terminator */
	ARRAY(struct found_name) found;
};

static void found_names_release(struct found_names *names)
{
	text_release(&names->names);
	array_release(&names->found);
}

static int by_name(const void *a, const void *b, void *names)
{
	const struct found_name *x = a, *y = b;

	return strcmp((char *)names + x->name, (char *)names + y->name);
}

static int names_add(struct found_names *names, const char *name, const char *slash,
		     const struct found_name *found)
{
	struct found_name item = *found;

	item.name = names->names.size;
	text_add(&names->names, name);
	text_add(&names->names, slash);
	if (text_add_char(&names->names, '\0') < 0)
		return -ENOMEM;
	return array_push(&names->found, item);
}

/*
 * In the order of whole paths what is in "a" comes behind "a-b" and before "a0": where "a/" has its
 * place.
 */
static int names_take(struct scan *scan, int fd, const char *name, uint64_t mount,
		      struct found_names *names)
{
	struct found_name found;
	struct statx stx;
	int r;

	if (__atomic_load_n(scan->cancelled, __ATOMIC_RELAXED))
		return error_set(scan->err, -ECANCELED, "the catalog was not finished");
	if (stat_name(fd, name, 0, &stx) < 0)
		return 0; /* gone since it was listed */
	found = (struct found_name){.kind = entry_kind_of_mode(stx.stx_mode),
				    .mode = stx.stx_mode & 07777, .mount = stx.stx_mnt_id};
	/* the sizes of directories are the file system's affair */
	if (found.kind == ENTRY_FILE || found.kind == ENTRY_LINK)
		found.size = stx.stx_size;
	r = names_add(names, name, "", &found);
	if (r == 0 && found.kind == ENTRY_DIR &&
	    (found.mount == mount || mount_is_wanted(scan, found.mount)))
		r = names_add(names, name, "/", &found);
	return r < 0 ? error_oom(scan->err) : 0;
}

static int names_read(struct scan *scan, DIR *dir, uint64_t mount, struct found_names *names)
{
	struct dirent *dirent;
	int r = 0;

	while (r == 0 && (errno = 0, dirent = readdir(dir)))
		if (strcmp(dirent->d_name, ".") != 0 && strcmp(dirent->d_name, "..") != 0)
			r = names_take(scan, dirfd(dir), dirent->d_name, mount, names);
	if (r == 0 && errno)
		scan->skipped++;
	if (names->found.count > 1)
		qsort_r(names->found.items, names->found.count, sizeof(*names->found.items), by_name,
			names->names.bytes);
	return r;
}

/* ---- the whole of it ---- */

static int scan_add(struct scan *scan, const char *path, const struct found_name *found)
{
	const struct catalog_entry entry = {.path = path, .kind = found->kind, .size = found->size,
					    .mode = found->mode, .has_mode = true};

	return catalog_list_add(scan->list, &entry) < 0 ? error_oom(scan->err) : 0;
}

static int scan_directory(struct scan *scan, int fd, uint64_t mount);

/* Without a trace in the directory's time of last use, where we may. */
static int open_quietly(int parent, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(parent, name, flags | O_NOATIME);

	return fd < 0 && errno == EPERM ? openat(parent, name, flags) : fd;
}

/* scan->path is the path itself, or the directory whose contents are meant, without the slash. */
static int scan_one(struct scan *scan, int parent, const char *name, const struct found_name *found,
		    bool below)
{
	int fd;

	if (!below)
		return scan_add(scan, scan->path.bytes, found);
	/* a level of the stack for each of the path: nobody names what is deeper than a path can be */
	if (scan->path.size >= PATH_MAX) {
		scan->skipped++;
		return 0;
	}
	fd = open_quietly(parent, name);
	if (fd >= 0)
		return scan_directory(scan, fd, found->mount);
	scan->skipped += errno != ENOENT && errno != ENOTDIR; /* gone since it was listed */
	return 0;
}

static int scan_names(struct scan *scan, int fd, struct found_names *names)
{
	size_t length = scan->path.size;
	int r = 0;

	for (size_t i = 0; i < names->found.count && r == 0; i++) {
		const struct found_name *found = &names->found.items[i];
		char *name = names->names.bytes + found->name, *slash = strchr(name, '/');

		if (slash)
			*slash = '\0';
		text_add_char(&scan->path, '/');
		if (text_add(&scan->path, name) < 0)
			return error_oom(scan->err);
		r = scan_one(scan, fd, name, found, slash != NULL);
		scan->path.size = length;
		scan->path.bytes[length] = '\0';
	}
	return r;
}

/* Takes fd. */
static int scan_directory(struct scan *scan, int fd, uint64_t mount)
{
	_cleanup_(found_names_release) struct found_names names = {.names = TEXT_INIT};
	_cleanup_(closedirp) DIR *dir = fdopendir(fd);
	int r;

	if (!dir) {
		close(fd);
		return error_oom(scan->err);
	}
	r = names_read(scan, dir, mount, &names);
	return r < 0 ? r : scan_names(scan, dirfd(dir), &names);
}

static int scan_root(struct scan *scan, const char *root)
{
	struct found_name found = {.kind = ENTRY_DIR};
	int fd = open_quietly(AT_FDCWD, root);
	struct statx stx;
	int r;

	if (fd < 0 || stat_name(fd, "", AT_EMPTY_PATH, &stx) < 0) {
		r = error_errno(scan->err, "cannot list '%s'", root);
		closep(&fd);
		return r;
	}
	found.mode = stx.stx_mode & 07777;
	r = scan_add(scan, "/", &found);
	if (r < 0) {
		close(fd);
		return r;
	}
	return scan_directory(scan, fd, stx.stx_mnt_id);
}

int catalog_list_scan(const char *root, bool xdev, const volatile int *cancelled, struct catalog_list *list,
		      uint64_t *ret_skipped, struct error *err)
{
	_cleanup_(scan_release) struct scan scan = {
		.list = list, .path = TEXT_INIT, .cancelled = cancelled, .err = err};
	int r;

	if (!xdev && mounts_each(mount_consider, &scan) < 0)
		return error_oom(err);
	r = scan_root(&scan, root);
	*ret_skipped = scan.skipped;
	return r;
}
