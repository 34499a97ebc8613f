// SPDX-License-Identifier: BSD-2-Clause
#include "stage/mount/marks.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "db/base/cleanup.h"

static const char *const opaque_names[] = {"trusted.overlay.opaque", "user.overlay.opaque"};
static const char *const whiteout_names[] = {"trusted.overlay.whiteout", "user.overlay.whiteout"};

bool mark_is_attribute(const char *name)
{
	return strncmp(name, "trusted.overlay.", 16) == 0 || strncmp(name, "user.overlay.", 13) == 0;
}

/* A device 0:0, or, where a user may make none, an empty file with the attribute. */
bool mark_is_whiteout(int dirfd, const char *name, const struct stat *st)
{
	_cleanup_(closep) int fd = -1;

	if (S_ISCHR(st->st_mode))
		return st->st_rdev == makedev(0, 0);
	if (!S_ISREG(st->st_mode) || st->st_size != 0)
		return false;
	fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	for (size_t i = 0; fd >= 0 && i < 2; i++)
		if (fgetxattr(fd, whiteout_names[i], NULL, 0) >= 0)
			return true;
	return false;
}

bool mark_is_opaque(int fd)
{
	char value;

	/* "x": only that whiteouts are in it which are files */
	for (size_t i = 0; i < 2; i++)
		if (fgetxattr(fd, opaque_names[i], &value, 1) == 1 && value == 'y')
			return true;
	return false;
}

static int drop_marks(struct node *node, void *data)
{
	struct xattr_list *list = node->inode->xattrs;
	size_t kept = 0;

	(void)data;
	for (size_t i = 0; list && i < list->count; i++) {
		if (mark_is_attribute(list->items[i].name)) {
			free(list->items[i].name);
			free(list->items[i].value);
		} else {
			list->items[kept++] = list->items[i];
		}
	}
	if (list)
		list->count = kept;
	return 0;
}

void marks_drop(struct tree *tree)
{
	tree_walk(tree, drop_marks, NULL);
}
