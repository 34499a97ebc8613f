// SPDX-License-Identifier: BSD-2-Clause
#include "pack/tree/content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/hash.h"
#include "db/base/io.h"
#include "db/base/open_beneath.h"

/* Where `name` is or would be in the sorted list. */
static size_t xattr_position(const struct xattr_list *list, const char *name, bool *ret_found)
{
	size_t low = 0, high = list ? list->count : 0;

	*ret_found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(list->items[middle].name, name);

		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int xattr_insert(struct inode *inode, size_t at, const char *name, char *value, size_t size)
{
	struct xattr_list *list = inode->xattrs;
	_cleanup_(freep) char *copy = strdup(name);
	struct xattr *grown;

	if (!copy)
		return -ENOMEM;
	if (!list) {
		list = inode->xattrs = calloc(1, sizeof(*list));
		if (!list)
			return -ENOMEM;
	}
	grown = list->items;
	/* room is a power of two, so the count alone says when it is used up */
	if ((list->count & (list->count - 1)) == 0)
		grown = reallocarray(grown, list->count ? list->count * 2 : 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->items = grown;
	memmove(&grown[at + 1], &grown[at], (list->count - at) * sizeof(*grown));
	grown[at] = (struct xattr){.name = take(copy), .value = value, .size = size};
	list->count++;
	return 0;
}

/* A copy that is allocated even when there is nothing in it. */
static char *copy_bytes(const void *data, size_t size)
{
	char *copy = malloc(size + 1);

	if (copy) {
		if (size)
			memcpy(copy, data, size);
		copy[size] = '\0';
	}
	return copy;
}

int inode_set_xattr(struct inode *inode, const char *name, const void *value, size_t size)
{
	_cleanup_(freep) char *copy = copy_bytes(value, size);
	bool found;
	size_t at = xattr_position(inode->xattrs, name, &found);
	int r;

	if (!copy)
		return -ENOMEM;
	if (found) {
		free(inode->xattrs->items[at].value);
		inode->xattrs->items[at].value = take(copy);
		inode->xattrs->items[at].size = size;
		return 0;
	}
	r = xattr_insert(inode, at, name, copy, size);
	if (r == 0)
		copy = NULL; /* the list's now */
	return r;
}

const struct xattr *inode_xattr(const struct inode *inode, const char *name)
{
	bool found;
	size_t at = xattr_position(inode->xattrs, name, &found);

	return found ? &inode->xattrs->items[at] : NULL;
}

void content_release(struct content *content)
{
	if (content->kind == CONTENT_BYTES)
		free(content->data);
	memset(content, 0, sizeof(*content));
}

int inode_set_bytes(struct inode *inode, const void *data, size_t size)
{
	char *copy = copy_bytes(data, size);

	if (!copy)
		return -ENOMEM;
	content_release(&inode->content);
	inode->content.kind = CONTENT_BYTES;
	inode->content.data = copy;
	inode->size = size;
	return 0;
}

/* A file that is another one, or was written to, has another. */
static uint64_t stamp_of(const struct stat *st)
{
	uint64_t which = hash_pair(st->st_dev, st->st_ino);
	uint64_t when = hash_pair((uint64_t)st->st_mtim.tv_sec, (uint64_t)st->st_mtim.tv_nsec);

	return hash_pair(which, when);
}

void inode_set_file(struct inode *inode, const struct stat *st)
{
	content_release(&inode->content);
	inode->content.kind = CONTENT_FILE;
	inode->content.stamp = stamp_of(st);
	inode->size = (uint64_t)st->st_size;
}

static int changed(const struct node *node, struct error *err)
{
	_cleanup_(freep) char *path = node_path(node);

	return error_set(err, -ESTALE, "'%s' changed while it was being packed",
			 path ? path : node->name);
}

int content_check(const struct node *node, int fd, struct error *err)
{
	const struct inode *inode = node->inode;
	const struct content *content = &inode->content;
	struct stat st;

	if (content->kind != CONTENT_FILE)
		return 0;
	if (fstat(fd, &st) < 0)
		return error_errno(err, "cannot look at '%s'", node->name);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != inode->size ||
	    stamp_of(&st) != content->stamp)
		return changed(node, err);
	return 0;
}

static int open_file(const struct node *node, int *ret_fd, struct error *err)
{
	int rootfd;
	_cleanup_(freep) char *path = node_source(node, &rootfd);
	_cleanup_(closep) int fd = -1;
	int r;

	if (!path)
		return error_oom(err);
	/* O_NONBLOCK: a fifo that took the place of the file must not stop us */
	fd = open_beneath(rootfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOATIME);
	if (fd == -EPERM)
		fd = open_beneath(rootfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd == -ENOENT || fd == -ELOOP || fd == -ENOTDIR || fd == -ENXIO)
		return error_set(err, -ESTALE, "'%s' changed while it was being packed: it is %s",
				 path, fd == -ENOENT ? "gone" : "no regular file any more");
	if (fd < 0)
		return error_code(err, fd, "cannot open '%s'", path);
	r = content_check(node, fd, err);
	if (r < 0)
		return r;
	*ret_fd = take_fd(&fd);
	return 0;
}

static int open_bytes(const struct node *node, int *ret_fd, struct error *err)
{
	_cleanup_(closep) int fd = memfd_create("content", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return error_errno(err, "cannot open the contents of '%s'", node->name);
	r = io_pwrite(fd, node->inode->content.data, node->inode->size, 0);
	if (r < 0)
		return error_code(err, r, "cannot open the contents of '%s'", node->name);
	*ret_fd = take_fd(&fd);
	return 0;
}

int content_open(const struct node *node, int *ret_fd, uint64_t *ret_offset, struct error *err)
{
	const struct content *content = &node->inode->content;
	int fd, r;

	switch (content->kind) {
	case CONTENT_FILE:
		*ret_offset = 0;
		return open_file(node, ret_fd, err);
	case CONTENT_BYTES:
		r = open_bytes(node, ret_fd, err);
		if (r == 0)
			*ret_offset = 0;
		return r;
	case CONTENT_RANGE:
		fd = fcntl(content->fd, F_DUPFD_CLOEXEC, 0);
		if (fd < 0)
			return error_errno(err, "cannot open the contents of '%s'", node->name);
		*ret_fd = fd;
		*ret_offset = content->offset;
		return 0;
	case CONTENT_NONE:
		break;
	}
	return error_set(err, -EINVAL, "'%s' has no contents to open", node->name);
}
