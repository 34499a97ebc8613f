// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "pack/image/feed.h"
#include "pack/image/reader.h"
#include "pack/image/xattr.h"

enum { PART = 1024 * 1024 }; /* bytes compared at once */

struct verify {
	const struct image_options *options;
	struct image *image;
	struct tree *found;
	uint8_t *seen; /* by inode number: its contents have been compared */
	char *left, *right;
	uint64_t done, total;
	struct error *err;
};

static int differs(const struct verify *v, const struct node *node, const char *what)
{
	_cleanup_(freep) char *path = node_path(node);

	return error_set(v->err, -EIO, "the image is wrong: '%s' has another %s than its source",
			 path ? path : "", what);
}

static int64_t stored_time(const struct verify *v, const struct inode *inode)
{
	int64_t time = inode->mtime;

	if (v->options->has_time && time > v->options->time && !inode->recorded)
		time = v->options->time;
	return time < 0 ? 0 : time > UINT32_MAX ? UINT32_MAX : time;
}

static int compare_xattrs(const struct verify *v, const struct node *node,
			  const struct inode *found)
{
	const struct xattr_list *list = node->inode->xattrs;
	size_t stored = 0;

	for (size_t i = 0; list && !v->options->no_xattrs && i < list->count; i++) {
		const struct xattr *got;

		if (!xattr_is_storable(list->items[i].name))
			continue;
		got = inode_xattr(found, list->items[i].name);
		if (!got || got->size != list->items[i].size ||
		    memcmp(got->value, list->items[i].value, got->size) != 0)
			return differs(v, node, "attribute");
		stored++;
	}
	return stored == (found->xattrs ? found->xattrs->count : 0) ? 0
								    : differs(v, node, "attribute");
}

static int compare_inodes(const struct verify *v, const struct node *node,
			  const struct inode *found)
{
	const struct inode *inode = node->inode;

	if (inode->mode != found->mode)
		return differs(v, node, "mode");
	if (inode->uid != found->uid || inode->gid != found->gid)
		return differs(v, node, "owner");
	if (stored_time(v, inode) != found->mtime)
		return differs(v, node, "time");
	if (!node_is_dir(node) && inode->nlink != found->nlink)
		return differs(v, node, "number of links");
	if (S_ISREG(inode->mode) && inode->size != found->size)
		return differs(v, node, "size");
	if (inode_rdev(inode) != inode_rdev(found))
		return differs(v, node, "device number");
	if (S_ISLNK(inode->mode) && strcmp(inode->target, found->target) != 0)
		return differs(v, node, "target");
	return compare_xattrs(v, node, found);
}

static int compare_bytes(struct verify *v, const struct node *node, struct feed *feed,
			 struct image_file *file)
{
	uint64_t size = node->inode->size;

	for (uint64_t at = 0; at < size;) {
		size_t want = size - at > PART ? PART : (size_t)(size - at);
		ssize_t got = feed_read(feed, v->left, want, at);
		ssize_t found = image_file_read(file, v->right, want, at, v->err);

		if (got < 0)
			return error_code(v->err, (int)got, "cannot read '%s'", node->name);
		if (found < 0)
			return (int)found;
		if ((size_t)got != want || (size_t)found != want ||
		    memcmp(v->left, v->right, want) != 0)
			return differs(v, node, "contents");
		at += want;
		v->done += want;
		if (v->options->progress)
			v->options->progress(v->done, v->total, v->options->progress_data);
		if (v->options->cancel && *v->options->cancel)
			return error_set(v->err, -EINTR, "interrupted");
	}
	return feed_check(feed, v->err);
}

static int compare_contents(struct verify *v, const struct node *node, const struct inode *found)
{
	_cleanup_(image_file_closep) struct image_file *file = NULL;
	struct feed feed;
	int r;

	r = image_file_open(v->image, found, &file, v->err);
	if (r < 0)
		return r;
	r = feed_open(&feed, node, v->err);
	if (r == 0)
		r = compare_bytes(v, node, &feed, file);
	feed_close(&feed);
	return r;
}

static int compare_node(struct node *node, void *data)
{
	struct verify *v = data;
	_cleanup_(freep) char *path = node_path(node);
	const struct node *found;
	int r;

	if (!path)
		return error_oom(v->err);
	found = tree_find(v->found, path);
	if (!found)
		return error_set(v->err, -EIO, "the image is wrong: '%s' is missing", path);
	r = compare_inodes(v, node, found->inode);
	if (r < 0 || !S_ISREG(node->inode->mode) || !node->inode->size)
		return r;
	if (v->seen[node->inode->number])
		return 0;
	v->seen[node->inode->number] = 1;
	return compare_contents(v, node, found->inode);
}

static int add_size(struct node *node, void *data)
{
	struct verify *v = data;

	if (S_ISREG(node->inode->mode))
		v->total += node->inode->size / node->inode->nlink;
	return 0;
}

int image_verify(struct tree *tree, const struct image_options *options, int fd,
		 const char *name, struct error *err)
{
	struct verify v = {.options = options, .err = err};
	int r;

	v.left = malloc(PART);
	v.right = malloc(PART);
	v.seen = calloc(tree_inode_count(tree) + 1, 1);
	r = v.left && v.right && v.seen ? 0 : error_oom(err);
	if (r == 0)
		r = image_open(fd, name, &v.image, err);
	if (r == 0)
		r = image_tree(v.image, &v.found, err);
	if (r == 0 && tree_node_count(v.found) != tree_node_count(tree))
		r = error_set(err, -EIO, "the image is wrong: it has %llu names instead of %llu",
			      (unsigned long long)tree_node_count(v.found),
			      (unsigned long long)tree_node_count(tree));
	tree_walk(tree, add_size, &v);
	if (r == 0)
		r = tree_walk(tree, compare_node, &v);
	tree_free(v.found);
	image_close(v.image);
	free(v.left);
	free(v.right);
	free(v.seen);
	return r;
}
