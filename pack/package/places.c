// SPDX-License-Identifier: BSD-2-Clause
#include "pack/package/places.h"

#include <errno.h>
#include <string.h>

#include "db/base/path.h"

static const struct {
	const char *path;
	uint32_t mode;
	const char *target;
} places[] = {
	{"dev", S_IFDIR | 0755, NULL},
	{"etc", S_IFDIR | 0755, NULL},
	{"etc/hostname", S_IFREG | 0644, NULL},
	{"etc/hosts", S_IFREG | 0644, NULL},
	{"etc/machine-id", S_IFREG | 0444, NULL},
	{"etc/mtab", S_IFLNK | 0777, "../proc/self/mounts"},
	{"etc/resolv.conf", S_IFREG | 0644, NULL},
	{"proc", S_IFDIR | 0555, NULL},
	{"root", S_IFDIR | 0700, NULL},
	{"run", S_IFDIR | 0755, NULL},
	{"sys", S_IFDIR | 0555, NULL},
	{"tmp", S_IFDIR | 01777, NULL},
	{"var", S_IFDIR | 0755, NULL},
	{"var/tmp", S_IFDIR | 01777, NULL},
};

/* The directory that it is in, all of them a part or two from the root; NULL: that is none. */
static struct node *parent_of(struct node *rootfs, const char *path)
{
	const char *name = path_name(path);
	char directory[8];
	struct node *parent;

	if (name == path)
		return rootfs;
	memcpy(directory, path, (size_t)(name - 1 - path));
	directory[name - 1 - path] = '\0';
	parent = node_child(rootfs, directory);
	return parent && node_is_dir(parent) ? parent : NULL;
}

static bool is_as_added(const struct inode *inode, mode_t mode, const char *target)
{
	if (inode->mode != mode)
		return false;
	if (target)
		return inode->target && strcmp(inode->target, target) == 0;
	return S_ISREG(mode) && !inode->size;
}

bool places_have(const struct node *node, const char *path)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (strcmp(places[i].path, path + 1) == 0)
			return is_as_added(node->inode, places[i].mode, places[i].target);
	return false;
}

int places_add(struct node *rootfs, int64_t time, struct error *err)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const char *name = path_name(places[i].path);
		struct node *parent = parent_of(rootfs, places[i].path), *node;
		int r;

		/* a link there leads where an engine may go, or not */
		if (!parent || node_child(parent, name))
			continue;
		r = node_add(parent, name, places[i].mode, &node);
		if (r < 0)
			return error_code(err, r, "cannot add '%s'", places[i].path);
		node->inode->mtime = time;
		if (!places[i].target)
			continue;
		node->inode->target = strdup(places[i].target);
		if (!node->inode->target)
			return error_oom(err);
	}
	return 0;
}
