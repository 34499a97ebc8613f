// SPDX-License-Identifier: BSD-2-Clause
#include "db/catalog.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "db/statement.h"

/* Missing from older <linux/magic.h>. */
#define MQUEUE_MAGIC 0x19800202
#define FUSE_MAGIC 0x65735546
#define FUSECTL_MAGIC 0x65735543
#define CONFIGFS_MAGIC 0x62656570
#define RPC_PIPEFS_MAGIC 0x67596969
#define NFSD_MAGIC 0x6e667364

struct scan {
	struct manifest *manifest;
	sqlite3_stmt *insert; /* into the temporary table */
	struct text path;     /* of the directory in hand; "" is the root */
	bool xdev;
	uint64_t skipped;
	const bool *cancelled;
	struct error *err;
};

/*
 * File systems that the kernel makes up, that live only as long as the machine runs, or that show
 * what is elsewhere (another mount of tracefs among them).
 */
static bool is_pseudo(int fd)
{
	static const unsigned int magics[] = {
		ANON_INODE_FS_MAGIC, AUTOFS_SUPER_MAGIC, BINFMTFS_MAGIC,    BPF_FS_MAGIC,
		CGROUP2_SUPER_MAGIC, CGROUP_SUPER_MAGIC, CONFIGFS_MAGIC,    DEBUGFS_MAGIC,
		DEVPTS_SUPER_MAGIC,  EFIVARFS_MAGIC,	 FUSECTL_MAGIC,	    HUGETLBFS_MAGIC,
		MQUEUE_MAGIC,	     NFSD_MAGIC,	 NSFS_MAGIC,	    PROC_SUPER_MAGIC,
		PSTOREFS_MAGIC,	     RAMFS_MAGIC,	 RPC_PIPEFS_MAGIC,  SECURITYFS_MAGIC,
		SELINUX_MAGIC,	     SMACK_MAGIC,	 SYSFS_MAGIC,	    TMPFS_MAGIC,
		TRACEFS_MAGIC,	     FUSE_MAGIC,	 OVERLAYFS_SUPER_MAGIC,
	};
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return true;
	for (size_t i = 0; i < sizeof(magics) / sizeof(*magics); i++)
		if ((unsigned int)fs.f_type == magics[i])
			return true;
	return false;
}

static int scan_add(struct scan *scan, const char *path, const struct stat *st)
{
	enum entry_kind kind = entry_kind_of_mode(st->st_mode);

	bind_text(scan->insert, 1, path);
	bind_text(scan->insert, 2, entry_kind_name(kind));
	/* the sizes of directories are the file system's affair */
	bind_int(scan->insert, 3, kind == ENTRY_FILE || kind == ENTRY_LINK ? st->st_size : 0);
	return statement_run(scan->manifest, scan->insert, scan->err);
}

static int scan_directory(struct scan *scan, int fd, dev_t dev);

/* Without a trace in the directory's time of last use, where we may. */
static int open_quietly(int parent, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(parent, name, flags | O_NOATIME);

	return fd < 0 && errno == EPERM ? openat(parent, name, flags) : fd;
}

/* Below a mount point: not into another file system when that was asked, never into a pseudo one. */
static int scan_below(struct scan *scan, int parent, const char *name, dev_t parent_dev)
{
	int fd = open_quietly(parent, name);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		scan->skipped++;
		closep(&fd);
		return 0;
	}
	if (st.st_dev != parent_dev && (scan->xdev || is_pseudo(fd))) {
		close(fd);
		return 0;
	}
	return scan_directory(scan, fd, st.st_dev);
}

static int scan_name(struct scan *scan, int fd, const char *name, dev_t dev)
{
	size_t length = scan->path.size;
	struct stat st;
	int r;

	if (__atomic_load_n(scan->cancelled, __ATOMIC_RELAXED))
		return error_set(scan->err, -ECANCELED, "the catalog was not finished");
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
		return 0; /* gone since it was listed */
	text_add_char(&scan->path, '/');
	if (text_add(&scan->path, name) < 0)
		return error_oom(scan->err);
	r = scan_add(scan, scan->path.bytes, &st);
	if (r == 0 && S_ISDIR(st.st_mode))
		r = scan_below(scan, fd, name, dev);
	scan->path.size = length;
	scan->path.bytes[length] = '\0';
	return r;
}

/* Takes fd. */
static int scan_directory(struct scan *scan, int fd, dev_t dev)
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
			r = scan_name(scan, fd, dirent->d_name, dev);
	if (r == 0 && errno)
		scan->skipped++;
	return r;
}

static int scan_root(struct scan *scan, const char *root)
{
	int fd = open_quietly(AT_FDCWD, root);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0) {
		r = error_errno(scan->err, "cannot list '%s'", root);
		closep(&fd);
		return r;
	}
	r = scan_add(scan, "/", &st);
	if (r < 0) {
		close(fd);
		return r;
	}
	return scan_directory(scan, fd, st.st_dev);
}

/* Sorted, so that the table is written from front to back. */
static int catalog_take(struct manifest *manifest, struct error *err)
{
	int r = manifest_begin(manifest, err);

	if (r < 0)
		return r;
	r = manifest_execute(manifest,
			     "INSERT OR REPLACE INTO main.catalog (path, kind, size)"
			     " SELECT path, kind, size FROM temp.scanned ORDER BY path",
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
	struct scan scan = {manifest, NULL, TEXT_INIT, xdev, 0, cancelled, err};
	int r;

	r = manifest_execute(manifest,
			     "CREATE TEMP TABLE IF NOT EXISTS scanned (path TEXT, kind TEXT,"
			     " size INTEGER); SAVEPOINT scan; DELETE FROM temp.scanned",
			     err);
	if (r < 0)
		return r;
	r = statement_new(manifest, sql, &scan.insert, err);
	if (r == 0)
		r = scan_root(&scan, root);
	sqlite3_finalize(scan.insert);
	text_release(&scan.path);
	sqlite3_exec(manifest->db, r == 0 ? "RELEASE scan" : "ROLLBACK TO scan; RELEASE scan", NULL,
		     NULL, NULL);
	if (r == 0)
		r = catalog_take(manifest, err);
	sqlite3_exec(manifest->db, "DROP TABLE temp.scanned", NULL, NULL, NULL);
	if (r == 0 && ret_skipped)
		*ret_skipped = scan.skipped;
	return r;
}
