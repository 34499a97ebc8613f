// SPDX-License-Identifier: BSD-2-Clause
/* What was installed: files, a user's directories, under their digests, "kept/DIGEST", which only store_forget() removes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "stage/mount/squashfs.h"
#include "stage/mount/user.h"
#include "stage/store/check.h"
#include "stage/store/ours.h"
#include "stage/store/private.h"

enum { PATH_SIZE = 16 + DIGEST_HEX_SIZE };

static void path_of(char path[PATH_SIZE], const char *prefix, const char *digest)
{
	snprintf(path, PATH_SIZE, "kept/%s%s", prefix, digest);
}

/* ---- taking in ---- */

void store_copy_release(struct store_copy *copy)
{
	closep(&copy->fd);
	closep(&copy->mount);
	extract_dir_release(&copy->directory);
	*copy = (struct store_copy)STORE_COPY_INIT;
}

/* It was walked: the kernel may read it. */
static int mount_copy(struct store_copy *copy, const char *name, struct error *err)
{
	_cleanup_(closep) int file = -1;
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", copy->fd);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return error_errno(err, "cannot copy '%s' into the store", name);
	return squashfs_mount(file, name, &copy->mount, err);
}

static int check_digest(const struct store_copy *copy, const char *name, const char *wanted,
			struct error *err)
{
	if (!wanted)
		return 0;
	if (strncmp(wanted, "sha256:", 7) == 0)
		wanted += 7;
	if (strcmp(wanted, copy->digest) == 0)
		return 0;
	return error_set(err, -EBADMSG, "'%s' is not what was asked for: it is sha256:%s", name,
			 copy->digest);
}

int store_copy(struct store *store, int file, const char *name, const char *digest,
	       struct store_copy *ret_copy, struct error *err)
{
	_cleanup_(store_copy_release) struct store_copy copy = STORE_COPY_INIT;
	struct stat st;
	int r;

	if (fstat(file, &st) < 0)
		return error_errno(err, "cannot read '%s'", name);
	r = store_check_beginning(file, name, &st, err);
	if (r == 0)
		r = file_copy(file, name, store->fd, &copy.fd, copy.digest, err);
	if (r == 0)
		r = check_digest(&copy, name, digest, err);
	if (r == 0)
		r = store_check(copy.fd, name, &copy.set_id, err);
	if (r == 0)
		r = user_is_plain() ? kept_extract(store, &copy, name, err) : mount_copy(&copy, name, err);
	if (r < 0)
		return r;
	copy.bytes = (uint64_t)st.st_size;
	*ret_copy = copy;
	copy = (struct store_copy)STORE_COPY_INIT;
	return 0;
}

/* It replaces one of that name, which may be what is left of a disk error. */
static int give_name(const struct store *store, const struct store_copy *copy, const char *name,
		     struct error *err)
{
	char from[40], path[PATH_SIZE], aside[PATH_SIZE];
	_cleanup_(closep) int directory = -1;

	snprintf(from, sizeof(from), "/proc/self/fd/%d", copy->fd);
	path_of(path, "", copy->digest);
	path_of(aside, ".", copy->digest);
	if (fdatasync(copy->fd) < 0 || (unlinkat(store->fd, aside, 0) < 0 && errno != ENOENT) ||
	    linkat(AT_FDCWD, from, store->fd, aside, AT_SYMLINK_FOLLOW) < 0 ||
	    renameat(store->fd, aside, store->fd, path) < 0)
		return error_errno(err, "cannot add '%s' to the store", name);
	directory = openat(store->fd, "kept", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0 || fsync(directory) < 0)
		return error_errno(err, "cannot add '%s' to the store", name);
	return 0;
}

static int kept_open(const struct store *store, const char *digest)
{
	char path[PATH_SIZE];

	path_of(path, "", digest);
	return openat(store->fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

int store_keep(struct store *store, struct store_copy *copy, const char *name, struct error *err)
{
	_cleanup_(closep) int lock = -1, there = -1, file = -1;
	int r = store_lock(store, &lock, err);

	if (r < 0)
		return r;
	if (user_is_plain())
		return kept_publish(store, copy, name, err);
	/* what is mounted was read since the boot */
	file = kept_open(store, copy->digest);
	if (file >= 0 && space_clone(&store->space, copy->digest, &there, NULL) == 0)
		return 0;
	r = give_name(store, copy, name, err);
	if (r < 0 || (there < 0 && space_clone(&store->space, copy->digest, &there, NULL) == 0))
		return r;
	return space_add(&store->space, copy->digest, copy->mount, copy->bytes, &there, err);
}

/* ---- having it ---- */

/* Between the boots anything may have happened to a file. */
static int check_kept(const struct store *store, int file, const char *digest,
		      struct error *err)
{
	char found[DIGEST_HEX_SIZE];
	int r = digest_fd(file, found, err);

	if (r == 0 && strcmp(found, digest) != 0)
		r = error_set(err, -EBADMSG,
			      "the package '%s/kept/%s' was altered after it was installed; install it again",
			      store->space.directory, digest);
	return r;
}

int store_mount(struct store *store, const char *digest, int *ret_mount, struct error *err)
{
	_cleanup_(closep) int lock = -1, file = -1;
	char shown[DIGEST_HEX_SIZE + 8];
	int r;

	if (user_is_plain())
		return kept_clone(store, digest, ret_mount, err);
	if (space_clone(&store->space, digest, ret_mount, NULL) == 0)
		return 0;
	snprintf(shown, sizeof(shown), "sha256:%s", digest);
	r = store_lock(store, &lock, err);
	/* somebody else may have been here while we waited */
	if (r < 0 || space_clone(&store->space, digest, ret_mount, NULL) == 0)
		return r;
	file = kept_open(store, digest);
	if (file < 0)
		return error_errno(err, "the package '%s/kept/%s' is gone; install it again",
				   store->space.directory, digest);
	r = check_kept(store, file, digest, err);
	return r < 0 ? r : store_mount_ours(store, file, shown, digest, ret_mount, err);
}

int store_forget(struct store *store, const char *digest, struct error *err)
{
	_cleanup_(closep) int lock = -1;
	char path[PATH_SIZE];
	int r = store_lock(store, &lock, err);

	if (r == 0 && user_is_plain())
		return kept_remove(store, digest, err);
	if (r == 0)
		r = space_drop(&store->space, digest, err);
	path_of(path, "", digest);
	if (r == 0 && unlinkat(store->fd, path, 0) < 0 && errno != ENOENT)
		r = error_errno(err, "cannot remove the package sha256:%s", digest);
	return r;
}

int store_each_kept(struct store *store, int (*visit)(const char *digest, void *data), void *data,
		    struct error *err)
{
	int fd = openat(store->fd, "kept", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	_cleanup_(closedirp) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *item;

	if (!dir)
		return error_errno(err, "cannot read the store");
	while (r == 0 && (item = readdir(dir)))
		if (strlen(item->d_name) == DIGEST_HEX_SIZE - 1)
			r = visit(item->d_name, data);
	return r;
}
