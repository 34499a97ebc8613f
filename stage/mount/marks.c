// SPDX-License-Identifier: BSD-2-Clause
#include "stage/mount/marks.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"

#define DELETED ".wh."
#define OPAQUE ".wh..wh..opq"
#define RESERVED ".wh..wh." /* aufs' own book-keeping: nothing of the root */

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

/* ---- to names and back ---- */

/* Nodes that are to be changed, found before any is. */
struct found {
	struct node **items;
	size_t count, capacity;
	struct error *err;
};

static void found_release(struct found *found)
{
	array_release(found);
}

static bool has_mark(const struct node *node, const char *const names[2], const char *value)
{
	for (size_t i = 0; i < 2; i++) {
		const struct xattr *xattr = inode_xattr(node->inode, names[i]);

		if (xattr && (!value || (xattr->size == 1 && *xattr->value == *value)))
			return true;
	}
	return false;
}

static bool is_whiteout(const struct node *node)
{
	const struct inode *inode = node->inode;

	return S_ISCHR(inode->mode) ? inode->rdev == makedev(0, 0)
				    : S_ISREG(inode->mode) && !inode->size && has_mark(node, whiteout_names, NULL);
}

static bool begins_with(const char *name, const char *start)
{
	return strncmp(name, start, strlen(start)) == 0;
}

static int refuse(const struct node *node, int code, const char *why, struct error *err)
{
	_cleanup_(freep) char *path = node_path(node);

	return path ? error_set(err, code, "'%s' %s", path, why) : error_oom(err);
}

static int find_mark(struct node *node, void *data)
{
	struct found *found = data;

	if (begins_with(node->name, DELETED))
		return refuse(node, -EBADMSG, "cannot go into a layer: there names with .wh. delete others", found->err);
	if (!is_whiteout(node) && !(node_is_dir(node) && has_mark(node, opaque_names, "y")))
		return 0;
	return array_push(found, node) < 0 ? error_oom(found->err) : 0;
}

int marks_to_names(struct tree *tree, struct error *err)
{
	_cleanup_(found_release) struct found found = {.err = err};
	int r = tree_walk(tree, find_mark, &found);

	for (size_t i = 0; r == 0 && i < found.count; i++) {
		struct node *node = found.items[i], *directory = node->parent, *made;
		char name[sizeof(DELETED) + 256];

		if (node_is_dir(node)) {
			r = node_add(node, OPAQUE, S_IFREG | 0600, &made);
		} else {
			snprintf(name, sizeof(name), DELETED "%s", node->name);
			node_remove(node);
			r = node_add(directory, name, S_IFREG | 0600, &made);
		}
		if (r == -ENAMETOOLONG)
			r = error_code(err, r, "cannot say that '%.250s' is deleted", name + strlen(DELETED));
		else if (r < 0)
			r = error_oom(err);
	}
	if (r == 0)
		marks_drop(tree);
	return r;
}

static int find_name(struct node *node, void *data)
{
	struct found *found = data;
	const char *hidden = node->name + strlen(DELETED);

	if (!begins_with(node->name, DELETED))
		return 0;
	if (node_is_dir(node) || !*hidden || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0)
		return refuse(node, -EBADMSG, "deletes nothing that can be there", found->err);
	if (strcmp(node->name, OPAQUE) == 0 && node->parent == node->parent->parent)
		return refuse(node, -EBADMSG, "would delete the whole base", found->err);
	return array_push(found, node) < 0 ? error_oom(found->err) : 0;
}

/* What is in place of it is there; of a directory only what this layer has is. */
static int delete_below(struct node *directory, const char *hidden, const char *opaque)
{
	struct node *there = node_child(directory, hidden);

	if (!there)
		return node_add(directory, hidden, S_IFCHR, &there);
	return node_is_dir(there) ? inode_set_xattr(there->inode, opaque, "y", 1) : 0;
}

int marks_from_names(struct tree *tree, bool plain_user, struct error *err)
{
	_cleanup_(found_release) struct found found = {.err = err};
	const char *opaque = opaque_names[plain_user];
	int r;

	marks_drop(tree);
	r = tree_walk(tree, find_name, &found);
	for (size_t i = 0; r == 0 && i < found.count; i++) {
		struct node *node = found.items[i], *directory = node->parent;
		char name[256];

		snprintf(name, sizeof(name), "%s", node->name);
		node_remove(node);
		if (strcmp(name, OPAQUE) == 0)
			r = inode_set_xattr(directory->inode, opaque, "y", 1);
		else if (!begins_with(name, RESERVED))
			r = delete_below(directory, name + strlen(DELETED), opaque);
		if (r < 0)
			r = error_oom(err);
	}
	return r;
}
