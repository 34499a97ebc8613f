// SPDX-License-Identifier: BSD-2-Clause
/* Extended attributes. */
#include "fs/operations.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "fs/credentials.h"
#include "fs/first_opens.h"

/* Asked for by the kernel itself and not by the program: by overlayfs, exec and permission checks. */
static bool asked_by_kernel(const char *name)
{
	return strncmp(name, "trusted.overlay.", 16) == 0 ||
	       strncmp(name, "user.overlay.", 13) == 0 ||
	       strncmp(name, "system.posix_acl_", 17) == 0 ||
	       strcmp(name, "security.capability") == 0;
}

static ssize_t location_listxattr(const struct node_location *location, char *list, size_t size)
{
	char path[300];

	location_proc_path(location, path, sizeof(path));
	return location->name[0] ? llistxattr(path, list, size) : listxattr(path, list, size);
}

/* Names that only those with CAP_SYS_ADMIN get to see, taken out in place; returns what is left. */
static ssize_t without_trusted(char *list, ssize_t size)
{
	ssize_t kept = 0;

	for (ssize_t at = 0, length; at < size; at += length) {
		length = (ssize_t)strlen(list + at) + 1;
		if (strncmp(list + at, "trusted.", 8) == 0)
			continue;
		memmove(list + kept, list + at, (size_t)length);
		kept += length;
	}
	return kept;
}

/* The names a caller may see. The kernel has filtered for us, who may see all. */
static ssize_t list_names(const struct node_location *location, char *list, size_t size, bool all)
{
	_cleanup_(freep) char *whole = NULL;
	ssize_t n;

	if (all)
		return location_listxattr(location, list, size);
	whole = malloc(XATTR_LIST_MAX);
	if (!whole) {
		errno = ENOMEM;
		return -1;
	}
	n = location_listxattr(location, whole, XATTR_LIST_MAX);
	n = n > 0 ? without_trusted(whole, n) : n;
	if (n > 0 && size && (size_t)n > size) {
		errno = ERANGE;
		return -1;
	}
	if (n > 0 && size)
		memcpy(list, whole, (size_t)n);
	return n;
}

static void reply(fuse_req_t req, ssize_t n, size_t size, const char *value)
{
	if (n < 0)
		fuse_reply_err(req, (int)-n);
	else if (size == 0)
		fuse_reply_xattr(req, (size_t)n);
	else
		fuse_reply_buf(req, value, (size_t)n);
}

void op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	_cleanup_(freep) char *value = size ? malloc(size) : NULL;
	struct tracefs *fs = tracefs_of(req);
	struct node *node = node_of(fs, ino);
	struct node_location location;
	ssize_t n;

	if ((value || !size) && first_opens_xattr(fs, node, name, value, size, &n)) {
		reply(req, n, size, value);
		return;
	}
	n = size && !value ? -ENOMEM : node_place(&fs->nodes, node, &location);
	if (n == 0) {
		n = location_getxattr(&location, name, value, size);
		if (n < 0)
			n = -errno;
		location_release(&location);
	}
	if (!asked_by_kernel(name))
		tracefs_note(fs, req, node, NULL,
			     &(struct note){.op = ACCESS_GETXATTR, .error = n < 0 ? (int)n : 0});
	else if (strcmp(name, "security.capability") == 0)
		first_opens_exec(fs, req, node);
	reply(req, n, size, value);
}

void op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	_cleanup_(freep) char *list = size ? malloc(size) : NULL;
	struct tracefs *fs = tracefs_of(req);
	struct node *node = node_of(fs, ino);
	struct node_location location;
	ssize_t n;

	n = size && !list ? -ENOMEM : node_place(&fs->nodes, node, &location);
	if (n == 0) {
		n = list_names(&location, list, size, fuse_req_ctx(req)->uid == 0);
		if (n < 0)
			n = -errno;
		location_release(&location);
	}
	tracefs_note(fs, req, node, NULL,
		     &(struct note){.op = ACCESS_GETXATTR, .error = n < 0 ? (int)n : 0});
	reply(req, n, size, list);
}

static void changed(fuse_req_t req, struct node *node, int result)
{
	tracefs_note(tracefs_of(req), req, node, NULL,
		     &(struct note){.op = ACCESS_SETXATTR, .error = result});
	fuse_reply_err(req, -result);
}

/*
 * An ACL is a change of mode, and one who is not in the file's group loses setgid by it. The source's
 * file system would see to that if it knew who it is.
 */
static int drop_setgid(fuse_req_t req, const struct node_location *location, const char *path)
{
	struct stat st;
	int r = location_stat(location, &st);

	if (r < 0 || !(st.st_mode & S_ISGID) || credentials_keep_setgid(req, st.st_gid))
		return r;
	return chmod(path, st.st_mode & 07777 & ~(mode_t)S_ISGID) < 0 ? -errno : 0;
}

void op_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value, size_t size,
		 int flags)
{
	struct tracefs *fs = tracefs_of(req);
	struct node *node = node_of(fs, ino);
	struct node_location location;
	char path[300];
	int r;

	r = node_place(&fs->nodes, node, &location);
	if (r == 0) {
		location_proc_path(&location, path, sizeof(path));
		if ((location.name[0] ? lsetxattr(path, name, value, size, flags)
				   : setxattr(path, name, value, size, flags)) < 0)
			r = -errno;
		if (r == 0 && strcmp(name, "system.posix_acl_access") == 0)
			r = drop_setgid(req, &location, path);
		location_release(&location);
	}
	changed(req, node, r);
}

void op_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	struct tracefs *fs = tracefs_of(req);
	struct node *node = node_of(fs, ino);
	struct node_location location;
	char path[300];
	int r;

	r = node_place(&fs->nodes, node, &location);
	if (r == 0) {
		location_proc_path(&location, path, sizeof(path));
		if ((location.name[0] ? lremovexattr(path, name) : removexattr(path, name)) < 0)
			r = -errno;
		location_release(&location);
	}
	changed(req, node, r);
}
