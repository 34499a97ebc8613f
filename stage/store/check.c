// SPDX-License-Identifier: BSD-2-Clause
#include "stage/store/check.h"

#include <errno.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "pack/image/reader.h"
#include "pack/tree/tree.h"

enum { INODES_MAX = 1000000, METADATA_MAX = 64 << 20 };

struct checking {
	struct image *image;
	bool set_id;
	struct error *err;
};

static bool gives_privileges(const struct inode *inode)
{
	if (inode->mode & (S_ISUID | S_ISGID))
		return true;
	return inode_xattr(inode, "security.capability");
}

static int check_node(struct node *node, void *data)
{
	struct checking *checking = data;
	_cleanup_(image_file_closep) struct image_file *file = NULL;
	int r;

	if (!S_ISREG(node->inode->mode))
		return 0;
	checking->set_id |= gives_privileges(node->inode);
	r = image_file_open(checking->image, node->inode, &file, checking->err);
	return r < 0 ? r : image_file_check(file, checking->err);
}

static int check_bounds(const struct image *image, const char *name, struct error *err)
{
	const struct image_info *info = image_info(image);

	if (info->inode_count > INODES_MAX)
		return error_set(err, -EBADMSG, "'%s' has %u inodes; more than %d are not mounted",
				 name, info->inode_count, INODES_MAX);
	if (info->bytes_used - info->inode_table > METADATA_MAX)
		return error_set(err, -EBADMSG, "'%s' has more than 64 MiB of metadata", name);
	return 0;
}

int store_check(int fd, const char *name, bool *ret_set_id, struct error *err)
{
	_cleanup_(image_closep) struct image *image = NULL;
	_cleanup_(tree_freep) struct tree *tree = NULL;
	struct checking checking = {.err = err};
	int r = image_open(fd, name, &image, err);

	if (r == 0)
		r = check_bounds(image, name, err);
	if (r == 0)
		r = image_tree(image, &tree, err);
	if (r < 0)
		return r;
	checking.image = image;
	r = tree_walk(tree, check_node, &checking);
	if (r == 0)
		*ret_set_id = checking.set_id;
	return r;
}
