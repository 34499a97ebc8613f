// SPDX-License-Identifier: BSD-2-Clause
#include "db/catalog.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/mounts.h"
#include "db/base/text.h"
#include "db/manifest_private.h"

struct scan {
	struct manifest *manifest;
	sqlite3_stmt *insert; /* into the temporary table */
	struct text path;     /* of the directory in hand; "" is the root */
	ARRAY(uint64_t) mounts; /* ids of those that may be entered */
	uint64_t skipped;
	const bool *cancelled;
	struct error *err;
};

static void scan_release(struct scan *scan)
{
	sqlite3_finalize(scan->insert);
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

static int scan_add(struct scan *scan, const char *path, const struct statx *stx)
{
	enum entry_kind kind = entry_kind_of_mode(stx->stx_mode);

	bind_text(scan->insert, 1, path);
	bind_text(scan->insert, 2, entry_kind_name(kind));
	/* the sizes of directories are the file system's affair */
	bind_int(scan->insert, 3,
		 kind == ENTRY_FILE || kind == ENTRY_LINK ? (int64_t)stx->stx_size : 0);
	return statement_run(&scan->manifest->sql, scan->insert, scan->err);
}

/*
 * DONT_SYNC: a name may be the mount point of a file system whose server hangs, and what is not
 * entered must not be asked.
 */
static int look(int fd, const char *name, int flags, struct statx *ret_stx)
{
	return statx(fd, name, flags | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
		     STATX_BASIC_STATS | STATX_MNT_ID, ret_stx);
}

static int scan_directory(struct scan *scan, int fd, uint64_t mount);

/* Without a trace in the directory's time of last use, where we may. */
static int open_quietly(int parent, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(parent, name, flags | O_NOATIME);

	return fd < 0 && errno == EPERM ? openat(parent, name, flags) : fd;
}

static int scan_below(struct scan *scan, int parent, const char *name, uint64_t mount)
{
	int fd = open_quietly(parent, name);

	if (fd < 0) {
		scan->skipped++;
		return 0;
	}
	return scan_directory(scan, fd, mount);
}

static int scan_name(struct scan *scan, int fd, const char *name, uint64_t mount)
{
	size_t length = scan->path.size;
	struct statx stx;
	int r;

	if (__atomic_load_n(scan->cancelled, __ATOMIC_RELAXED))
		return error_set(scan->err, -ECANCELED, "the catalog was not finished");
	if (look(fd, name, 0, &stx) < 0)
		return 0; /* gone since it was listed */
	text_add_char(&scan->path, '/');
	if (text_add(&scan->path, name) < 0)
		return error_oom(scan->err);
	r = scan_add(scan, scan->path.bytes, &stx);
	if (r == 0 && S_ISDIR(stx.stx_mode) &&
	    (stx.stx_mnt_id == mount || mount_is_wanted(scan, stx.stx_mnt_id)))
		r = scan_below(scan, fd, name, stx.stx_mnt_id);
	scan->path.size = length;
	scan->path.bytes[length] = '\0';
	return r;
}

/* Takes fd. */
static int scan_directory(struct scan *scan, int fd, uint64_t mount)
{
	_cleanup_(closedirp) DIR *dir = fdopendir(fd);
	struct dirent *dirent;
	int r = 0;

	if (!dir) {
		close(fd);
		return error_oom(scan->err);
	}
	while (r == 0 && (errno = 0, dirent = readdir(dir)))
		if (strcmp(dirent->d_name, ".") != 0 && strcmp(dirent->d_name, "..") != 0)
			r = scan_name(scan, fd, dirent->d_name, mount);
	if (r == 0 && errno)
		scan->skipped++;
	return r;
}

static int scan_root(struct scan *scan, const char *root)
{
	int fd = open_quietly(AT_FDCWD, root);
	struct statx stx;
	int r;

	if (fd < 0 || look(fd, "", AT_EMPTY_PATH, &stx) < 0) {
		r = error_errno(scan->err, "cannot list '%s'", root);
		closep(&fd);
		return r;
	}
	r = scan_add(scan, "/", &stx);
	if (r < 0) {
		close(fd);
		return r;
	}
	return scan_directory(scan, fd, stx.stx_mnt_id);
}

/*
 * Only what is another is written, from front to back: most sources stay as they are. What was not
 * found is only known to be gone when the walk was whole.
 */
static int catalog_take(struct manifest *manifest, bool whole, struct error *err)
{
	int r = manifest_begin(manifest, err);

	if (r < 0)
		return r;
	if (whole)
		r = connection_execute(&manifest->sql,
				       "DELETE FROM main.catalog"
				       " WHERE path NOT IN (SELECT path FROM temp.scanned)",
				       err);
	if (r == 0)
		r = connection_execute(
		    &manifest->sql,
		    "INSERT INTO main.catalog (path, kind, size)"
		    " SELECT path, kind, size FROM temp.scanned WHERE true ORDER BY path"
		    " ON CONFLICT (path) DO UPDATE"
		    " SET kind = excluded.kind, size = excluded.size"
		    " WHERE kind <> excluded.kind OR size <> excluded.size",
		    err);
	if (r == 0)
		r = manifest_commit(manifest, err);
	if (r < 0)
		manifest_rollback(manifest);
	return r;
}

int catalog_scan(struct manifest *manifest, const char *root, bool xdev, uint64_t *ret_skipped,
		 struct error *err)
{
	static const bool never = false;

	return catalog_scan_until(manifest, root, xdev, &never, ret_skipped, err);
}

/*
 * The walk goes into a temporary table first: it may take minutes on a cold disk, and nobody else
 * should wait that long for the manifest.
 */
int catalog_scan_until(struct manifest *manifest, const char *root, bool xdev,
		       const bool *cancelled, uint64_t *ret_skipped, struct error *err)
{
	static const char sql[] = "INSERT INTO temp.scanned (path, kind, size) VALUES (?, ?, ?)";
	_cleanup_(scan_release) struct scan scan = {
		.manifest = manifest, .path = TEXT_INIT, .cancelled = cancelled, .err = err};
	int r;

	if (!xdev && mounts_each(mount_consider, &scan) < 0)
		return error_oom(err);
	r = connection_execute(&manifest->sql,
			       "CREATE TEMP TABLE IF NOT EXISTS scanned (path TEXT, kind TEXT,"
			       " size INTEGER); SAVEPOINT scan; DELETE FROM temp.scanned",
			       err);
	if (r < 0)
		return r;
	r = statement_new(&manifest->sql, sql, &scan.insert, err);
	if (r == 0)
		r = scan_root(&scan, root);
	sqlite3_finalize(take(scan.insert));
	sqlite3_exec(manifest->sql.db, r == 0 ? "RELEASE scan" : "ROLLBACK TO scan; RELEASE scan",
		     NULL, NULL, NULL);
	if (r == 0)
		r = catalog_take(manifest, scan.skipped == 0, err);
	sqlite3_exec(manifest->sql.db, "DROP TABLE temp.scanned", NULL, NULL, NULL);
	if (r == 0 && ret_skipped)
		*ret_skipped = scan.skipped;
	return r;
}
