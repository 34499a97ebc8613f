// SPDX-License-Identifier: BSD-2-Clause
#include "stage/store/store.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "pack/image/format.h"
#include "stage/mount/squashfs.h"
#include "stage/mount/user.h"
#include "stage/store/check.h"
#include "stage/store/ours.h"
#include "stage/store/private.h"

/* A file changed so recently may change again within the same tick of its clock. */
#define SETTLED_NS 100000000

/* --- the directory --- */

static int open_directory(int dirfd, const char *name, int *ret_fd, struct error *err)
{
	int fd;

	if (mkdirat(dirfd, name, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make the store's directory '%s'", name);
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "cannot open the store's directory '%s'", name);
	*ret_fd = fd;
	return 0;
}

static int directories_make(int store, struct error *err)
{
	static const char *const names[] = {"files", "kept", "seen"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(names) / sizeof(*names); i++) {
		_cleanup_(closep) int fd = -1;

		r = open_directory(store, names[i], &fd, err);
	}
	return r;
}

int store_open(const char *state, struct store **ret_store, struct error *err)
{
	_cleanup_(store_closep) struct store *store = calloc(1, sizeof(*store));
	_cleanup_(closep) int door = -1;
	struct stat st;
	int r, n;

	if (!store)
		return error_oom(err);
	store->fd = -1;
	door = open(state, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (door < 0 || fstat(door, &st) < 0)
		return error_errno(err, "cannot open the state directory '%s'", state);
	if (st.st_uid != geteuid() || st.st_mode & 077)
		return error_set(err, -EPERM, "the state directory '%s' is open to others", state);
	n = snprintf(store->space.directory, sizeof(store->space.directory), "%s/store", state);
	if ((size_t)n >= sizeof(store->space.directory))
		return error_code(err, -ENAMETOOLONG, "the state directory '%s'", state);
	r = open_directory(door, "store", &store->fd, err);
	if (r == 0)
		r = directories_make(store->fd, err);
	if (r == 0 && fstat(store->fd, &st) < 0)
		r = error_errno(err, "cannot look at '%s'", store->space.directory);
	if (r < 0)
		return r;
	store->space.dev = st.st_dev;
	store->space.ino = st.st_ino;
	*ret_store = take(store);
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	closep(&store->fd);
	free(store);
}

void store_closep(struct store **store)
{
	store_close(*store);
}

int store_fd(const struct store *store)
{
	return store->fd;
}

int store_lock(const struct store *store, int *ret_lock, struct error *err)
{
	int lock = openat(store->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return error_errno(err, "cannot lock the store");
	*ret_lock = lock;
	return 0;
}

/* --- files that we have seen: what they are says which package, without reading them again --- */

static void seen_key(const struct stat *st, char *key, size_t size)
{
	snprintf(key, size, "seen/%jx-%jx-%jx-%jx.%lx-%jx.%lx", (uintmax_t)st->st_dev,
		 (uintmax_t)st->st_ino, (uintmax_t)st->st_size, (intmax_t)st->st_mtim.tv_sec,
		 (unsigned long)st->st_mtim.tv_nsec, (intmax_t)st->st_ctim.tv_sec,
		 (unsigned long)st->st_ctim.tv_nsec);
}

static bool seen_find(const struct store *store, const struct stat *st, struct store_package *package)
{
	char key[160], text[DIGEST_HEX_SIZE + 2];
	ssize_t n;

	seen_key(st, key, sizeof(key));
	n = readlinkat(store->fd, key, text, sizeof(text));
	if (n != DIGEST_HEX_SIZE + 1)
		return false;
	memcpy(package->digest, text, DIGEST_HEX_SIZE - 1);
	package->digest[DIGEST_HEX_SIZE - 1] = '\0';
	package->set_id = text[DIGEST_HEX_SIZE] == 's';
	return true;
}

static void seen_add(const struct store *store, const struct stat *st,
		     const struct store_package *package)
{
	char key[160], text[DIGEST_HEX_SIZE + 2];
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if ((now.tv_sec - st->st_ctim.tv_sec) * 1000000000 + now.tv_nsec - st->st_ctim.tv_nsec <
	    SETTLED_NS)
		return;
	seen_key(st, key, sizeof(key));
	snprintf(text, sizeof(text), "%s-%c", package->digest, package->set_id ? 's' : '0');
	unlinkat(store->fd, key, 0);
	if (symlinkat(text, store->fd, key) < 0)
		return; /* it is read again next time */
}

/* --- taking in --- */

/*
 * Behind an image stands what fills a block, or hashes of it, which are less than an eighth. All of a file is
 * digested and copied: a sparse one of terabytes would take hours, and the disk.
 */
static int check_rest(const char *name, uint64_t size, uint64_t used, struct error *err)
{
	if (size - used <= used / 8 + (1 << 20))
		return 0;
	return error_set(err, -EBADMSG, "'%s' has %" PRIu64 " bytes behind its image of %" PRIu64, name, size - used,
			 used);
}

int store_check_beginning(int file, const char *name, const struct stat *st, struct error *err)
{
	struct sqfs_super super;
	ssize_t n;

	if (!S_ISREG(st->st_mode))
		return error_set(err, -EBADMSG, "'%s' is not a package: not a file", name);
	n = io_pread(file, &super, sizeof(super), 0);
	if (n < 0)
		return error_code(err, (int)n, "cannot read '%s'", name);
	if (n < 4 || le32toh(super.magic) != SQFS_MAGIC)
		return error_set(err, -EBADMSG, "'%s' is not a package: not a SquashFS image", name);
	if ((size_t)n < sizeof(super) || le64toh(super.bytes_used) > (uint64_t)st->st_size)
		return error_set(err, -EBADMSG,
				 "'%s' is cut short: %jd of %" PRIu64 " bytes; copy it again", name,
				 (intmax_t)st->st_size,
				 (size_t)n < sizeof(super) ? (uint64_t)sizeof(super)
							   : le64toh(super.bytes_used));
	return check_rest(name, (uint64_t)st->st_size, le64toh(super.bytes_used), err);
}

/* Our copy gets its name: now it is whole, and was walked. */
static int keep_copy(const struct store *store, int ours, const char *digest, struct error *err)
{
	char from[40], to[100];

	snprintf(from, sizeof(from), "/proc/self/fd/%d", ours);
	snprintf(to, sizeof(to), "files/%s", digest);
	if (linkat(AT_FDCWD, from, store->fd, to, AT_SYMLINK_FOLLOW) < 0 && errno != EEXIST)
		return error_errno(err, "cannot add a package to the store");
	return 0;
}

/* A copy from an earlier time, to which we gave its name after the walk. */
static int copy_open(const struct store *store, const char *digest)
{
	char path[100];

	snprintf(path, sizeof(path), "files/%s", digest);
	return openat(store->fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

int store_mount_ours(const struct store *store, int ours, const char *name, const char *digest,
		     int *ret_mount, struct error *err)
{
	_cleanup_(closep) int mount = -1;
	struct stat st;
	int r = squashfs_mount(ours, name, &mount, err);

	if (r < 0)
		return r;
	if (fstat(ours, &st) < 0)
		return error_errno(err, "cannot read '%s'", name);
	return space_add(&store->space, digest, mount, (uint64_t)st.st_size, ret_mount, err);
}

static int take_in(const struct store *store, int file, const char *name, const struct stat *st,
		   struct store_package *package, struct error *err)
{
	_cleanup_(closep) int ours = -1, copy = -1, lock = -1;
	bool copied;
	int r = store_lock(store, &lock, err);

	if (r == 0)
		r = file_make_ours(file, name, store->fd, &ours, &copied, package->digest, err);
	if (r == 0)
		r = store_check(ours, name, &package->set_id, err);
	if (r == 0 && copied)
		r = keep_copy(store, ours, package->digest, err);
	if (r < 0)
		return r;
	copy = copied ? copy_open(store, package->digest) : -1;
	/* somebody else may have been here while we waited for the lock */
	r = space_clone(&store->space, package->digest, &package->mount, NULL);
	if (r < 0)
		r = store_mount_ours(store, copied && copy >= 0 ? copy : ours, name, package->digest,
				     &package->mount, err);
	if (r == 0)
		seen_add(store, st, package);
	return r;
}

/*
 * A user's is mounted for this start alone, by a program of his. What he alone can write is read where it is, else
 * a copy that has no name.
 */
static int take_apart(const struct store *store, int file, const char *name, const struct stat *st,
		      struct store_package *package, struct error *err)
{
	_cleanup_(closep) int ours = -1;
	bool own = file_is_own(file);
	int r;

	if (own && seen_find(store, st, package))
		return squashfs_mount(file, name, &package->mount, err);
	r = own ? digest_fd(file, package->digest, err)
		: file_copy(file, name, store->fd, &ours, package->digest, err);
	if (r == 0)
		r = store_check(own ? file : ours, name, &package->set_id, err);
	if (r == 0)
		r = squashfs_mount(own ? file : ours, name, &package->mount, err);
	if (r == 0 && own)
		seen_add(store, st, package);
	return r;
}

int store_open_package(const char *path, int *ret_file, struct error *err)
{
	/* what is no file, a terminal or a pipe, neither holds us up nor becomes ours */
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return error_set(err, -errno, "no package '%s'", path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(err, "cannot read '%s'", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, -EBADMSG, "'%s' is no package", path);
	*ret_file = take_fd(&fd);
	return 0;
}

int store_take(struct store *store, int file, const char *name, struct store_package *ret_package,
	       struct error *err)
{
	struct store_package package = {.mount = -1};
	struct stat st;
	int r;

	if (fstat(file, &st) < 0)
		return error_errno(err, "cannot read '%s'", name);
	r = store_check_beginning(file, name, &st, err);
	if (r < 0)
		return r;
	if (user_is_plain())
		r = take_apart(store, file, name, &st, &package, err);
	else if (!seen_find(store, &st, &package) ||
		 space_clone(&store->space, package.digest, &package.mount, NULL) < 0)
		r = take_in(store, file, name, &st, &package, err);
	if (r == 0)
		*ret_package = package;
	return r;
}

int store_settle(struct store *store, struct error *err)
{
	_cleanup_(closep) int lock = -1;
	int r = user_is_plain() ? 0 : store_lock(store, &lock, err);

	return r < 0 || user_is_plain() ? r : space_remove(&store->space, err);
}
