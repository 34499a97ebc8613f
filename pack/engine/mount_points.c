// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/mount_points.h"

#include <errno.h>
#include <sys/stat.h>

#include "pack/engine/asked.h"
#include "pack/layer/path.h"

int mount_points_add_one(struct node *root, const char *path, mode_t mode, struct error *err)
{
	struct node *node;
	int r;

	if (tree_resolve(node_tree(root), path, &node) == 0)
		return node_is_dir(node) ? 0 : error_set(err, -ENOTDIR, "'%s' of the root is no directory", path);
	r = tree_insert(node_tree(root), path, S_IFDIR | mode, &node, NULL);
	if (r < 0)
		return error_code(err, r, "the root has no place for '%s'", path);
	node->inode->mtime = root->inode->mtime;
	return 0;
}

int mount_points_add(struct node *root, const struct facts *facts, const char *kind, struct error *err)
{
	static const struct {
		const char *path;
		mode_t mode;
	} fixed[] = {{"/dev", 0755}, {"/proc", 0555}, {"/run", 0755}, {"/sys", 0555}, {"/tmp", 01777}};
	struct node *node;
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(fixed) / sizeof(*fixed); i++)
		r = mount_points_add_one(root, fixed[i].path, fixed[i].mode, err);
	for (size_t i = 0; r == 0 && i < facts->tmpfs.count; i++)
		r = mount_points_add_one(root, facts->tmpfs.items[i].destination, 0755, err);
	for (size_t i = 0; r == 0 && i < facts->mounts.count; i++)
		if (tree_resolve(node_tree(root), facts->mounts.items[i].destination, &node) < 0)
			r = asked_refuse(kind, "volume", facts->mounts.items[i].destination,
					 "the root has no such place, and is not written to", err);
	return r;
}
