// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"

enum {
	BUFFER = 256 * 1024,
	DEPTH_MAX = 4096, /* no path(7) is longer; bounds the recursion */
};

struct unpacking {
	struct image *image;
	struct content_file *contents;
	const volatile int *cancel;
	char *buffer;
	ARRAY(struct node *) firsts; /* of inodes with several names: number - 1 is the index */
};

static void unpacking_release(struct unpacking *u)
{
	free(u->buffer);
	array_release(&u->firsts);
}

/* ---- one inode ---- */

static int copy_attributes(const struct inode *from, struct inode *to)
{
	to->mode = from->mode;
	to->uid = from->uid;
	to->gid = from->gid;
	to->mtime = from->mtime;
	to->size = from->size;
	to->order = from->order;
	if (S_ISBLK(from->mode) || S_ISCHR(from->mode))
		to->rdev = from->rdev;
	if (S_ISLNK(from->mode) && !(to->target = strdup(from->target)))
		return -ENOMEM;
	for (size_t i = 0; from->xattrs && i < from->xattrs->count; i++) {
		const struct xattr *xattr = &from->xattrs->items[i];

		if (inode_set_xattr(to, xattr->name, xattr->value, xattr->size) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int copy_contents(struct unpacking *u, const struct inode *from, struct inode *to,
			 struct error *err)
{
	_cleanup_(image_file_closep) struct image_file *file = NULL;
	uint64_t start = 0, done = 0, stored = 0;
	int r;

	if (from->size == 0)
		return 0;
	r = image_file_open(u->image, from, &file, err);
	if (r == 0)
		r = content_file_begin(u->contents, from->size, &start, err);
	while (r == 0 && done < from->size) {
		ssize_t n = image_file_read(file, u->buffer, BUFFER, done, err);

		if (n < 0)
			return (int)n;
		if (n == 0)
			return error_set(err, -EBADMSG, "a file ends early");
		if (u->cancel && *u->cancel)
			return error_set(err, -EINTR, "interrupted");
		r = content_file_write(u->contents, start + done, u->buffer, (size_t)n, &stored,
				       err);
		done += (uint64_t)n;
	}
	if (r < 0 || stored == 0)
		return r;
	to->content.kind = CONTENT_RANGE;
	to->content.fd = content_file_fd(u->contents);
	to->content.offset = start;
	return 0;
}

/* ---- the walk ---- */

static int copy_node(struct unpacking *u, struct node *from, struct node *to_parent,
		     struct node **ret_node, struct error *err)
{
	struct node *node;
	int r;

	if (!node_is_dir(from) && from->inode->number)
		return node_link(to_parent, from->name, u->firsts.items[from->inode->number - 1],
				 &node) < 0
			   ? error_oom(err)
			   : 0;
	if (node_add(to_parent, from->name, from->inode->mode, &node) < 0 ||
	    copy_attributes(from->inode, node->inode) < 0)
		return error_oom(err);
	*ret_node = node;
	if (node_is_dir(from))
		return 0;
	if (array_push(&u->firsts, node) < 0 || u->firsts.count > UINT32_MAX)
		return error_oom(err);
	from->inode->number = (uint32_t)u->firsts.count;
	r = S_ISREG(from->inode->mode) ? copy_contents(u, from->inode, node->inode, err) : 0;
	return r < 0 ? error_prefix(err, r, "'%s'", from->name) : 0;
}

static int copy_below(struct unpacking *u, struct node *from, struct node *to, int depth,
		      struct error *err)
{
	if (depth > DEPTH_MAX)
		return error_set(err, -ENAMETOOLONG, "directories are nested too deep");
	for (uint32_t i = 0; i < node_child_count(from); i++) {
		struct node *child = node_child_at(from, i), *node = NULL;
		int r = copy_node(u, child, to, &node, err);

		if (r == 0 && node_is_dir(child))
			r = copy_below(u, child, node, depth + 1, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int forget_number(struct node *node, void *data)
{
	(void)data;
	node->inode->number = 0;
	return 0;
}

int unpack_below(struct image *image, struct node *from, struct content_file *contents,
		 const volatile int *cancel, struct tree **ret_tree, struct error *err)
{
	_cleanup_(unpacking_release) struct unpacking u = {.image = image,
							   .contents = contents,
							   .cancel = cancel,
							   .buffer = malloc(BUFFER),
							   .firsts = ARRAY_INIT};
	_cleanup_(tree_freep) struct tree *tree = NULL;
	int r;

	if (!u.buffer || tree_new(&tree) < 0)
		return error_oom(err);
	tree_walk(node_tree(from), forget_number, NULL);
	if (copy_attributes(from->inode, tree_root(tree)->inode) < 0)
		return error_oom(err);
	r = copy_below(&u, from, tree_root(tree), 0, err);
	if (r == 0)
		*ret_tree = take(tree);
	return r;
}

int unpack_file(struct image *image, const struct node *node, uint64_t limit, struct text *text,
		struct error *err)
{
	_cleanup_(image_file_closep) struct image_file *file = NULL;
	_cleanup_(freep) char *data = NULL;
	uint64_t size = node->inode->size;
	ssize_t n;
	int r;

	if (size > limit)
		return error_set(err, -EFBIG, "'%s' is larger than %llu bytes", node->name,
				 (unsigned long long)limit);
	data = malloc(size + 1);
	if (!data)
		return error_oom(err);
	r = image_file_open(image, node->inode, &file, err);
	if (r < 0)
		return r;
	n = image_file_read(file, data, size, 0, err);
	if (n < 0)
		return (int)n;
	return text_add_bytes(text, data, (size_t)n) < 0 ? error_oom(err) : 0;
}
