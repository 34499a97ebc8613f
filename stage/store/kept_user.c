// SPDX-License-Identifier: BSD-2-Clause
/* What a plain user has installed: directories under their digests, "kept/DIGEST", extracted once. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "stage/mount/mount.h"
#include "stage/mount/user.h"
#include "stage/store/extracted.h"
#include "stage/store/kept_sum.h"
#include "stage/store/private.h"

/* What is not under its digest yet, or not any more: hidden, and locked by who is at work on it. */
#define HIDDEN "."

enum { PATH_SIZE = 32 + DIGEST_HEX_SIZE };

static int kept_open(const struct store *store, const char *digest)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "kept/%s", digest);
	return openat(store->fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static char *path_of(const struct store *store, const char *digest)
{
	char shown[PATH_SIZE];

	snprintf(shown, sizeof(shown), "kept/%s", digest);
	return path_join(store->space.directory, shown);
}

void store_tidy(const struct store *store)
{
	_cleanup_(closep) int kept = -1;

	if (!user_is_plain())
		return;
	kept = openat(store->fd, "kept", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (kept >= 0)
		extract_dir_sweep(kept, HIDDEN);
}

int kept_extract(const struct store *store, struct store_copy *copy, const char *name, struct error *err)
{
	_cleanup_(freep) char *path = NULL, *scratch = path_join(store->space.directory, "files");
	int r;

	copy->mount = kept_open(store, copy->digest);
	if (copy->mount >= 0 && kept_sum_check(copy->digest, copy->mount, true, NULL) == 0)
		return 0;
	/* what is there is not that: nothing can have been started from it in this boot, or a disk is failing */
	if (copy->mount >= 0) {
		closep(&copy->mount);
		copy->mount = -1;
		r = kept_remove(store, copy->digest, err);
		if (r < 0)
			return r;
	}
	store_tidy(store);
	path = path_of(store, copy->digest);
	if (!path || !scratch)
		return error_oom(err);
	r = extract_dir_open(&copy->directory, path, err);
	if (r == 0)
		r = extracted_make(copy->fd, name, copy->directory.fd, scratch, &copy->extracted, err);
	if (r < 0)
		return r;
	/* not a copy of that descriptor, which has the lock */
	copy->mount = openat(copy->directory.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return copy->mount < 0 ? error_errno(err, "cannot extract '%s'", name) : 0;
}

/* Meanwhile somebody else may have been quicker, or have removed what was there. The lock is held. */
int kept_publish(const struct store *store, struct store_copy *copy, const char *name, struct error *err)
{
	_cleanup_(closep) int there = kept_open(store, copy->digest);
	int r = 0;

	if (there >= 0)
		return 0;
	if (copy->directory.fd < 0) {
		closep(&copy->mount);
		r = kept_extract(store, copy, name, err);
	}
	if (r == 0)
		r = kept_sum_note(copy->directory.fd, err);
	if (r == 0)
		r = extract_dir_publish(&copy->directory, 0755, err);
	if (r == 0)
		extract_dir_release(&copy->directory);
	return r;
}

int kept_clone(const struct store *store, const char *digest, int *ret_mount, struct error *err)
{
	_cleanup_(closep) int directory = kept_open(store, digest), mount = -1;
	_cleanup_(freep) char *path = NULL;
	int r;

	if (directory < 0)
		return error_errno(err, "the package '%s/kept/%s' is gone; install it again",
				   store->space.directory, digest);
	path = path_of(store, digest);
	r = path ? kept_sum_check(path, directory, false, err) : error_oom(err);
	if (r == 0)
		r = mount_clone(directory, "", false, &mount, err);
	if (r == 0)
		r = mount_set(mount, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, 0,
			      false, err);
	if (r == 0)
		*ret_mount = take_fd(&mount);
	return r;
}

/* First it is nobody's package any more, then it goes; what is left of it by a kill is swept by who comes next. */
int kept_remove(const struct store *store, const char *digest, struct error *err)
{
	_cleanup_(closep) int directory = kept_open(store, digest);
	char from[PATH_SIZE], to[PATH_SIZE];
	int r;

	if (directory < 0)
		return errno == ENOENT ? 0 : error_errno(err, "cannot remove the package sha256:%s", digest);
	snprintf(from, sizeof(from), "kept/%s", digest);
	snprintf(to, sizeof(to), "kept/" HIDDEN "%s.%d", digest, (int)getpid());
	if (flock(directory, LOCK_EX) < 0 || renameat(store->fd, from, store->fd, to) < 0)
		return error_errno(err, "cannot remove the package sha256:%s", digest);
	r = extract_remove_below(directory);
	if (r == 0 && unlinkat(store->fd, to, AT_REMOVEDIR) < 0)
		r = -errno;
	return r < 0 ? error_code(err, r, "cannot remove the package sha256:%s", digest) : 0;
}
