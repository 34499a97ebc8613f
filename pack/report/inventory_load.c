// SPDX-License-Identifier: BSD-2-Clause
/* What a path is, and an inventory of it. */
#include "pack/report/inventory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"
#include "db/settle.h"
#include "pack/package/bundle.h"
#include "pack/report/inventory_disk.h"

static enum entry_kind kind_of(const struct inode *inode)
{
	return entry_kind_of_mode(inode->mode);
}

static int add_node(struct inventory *inventory, const struct node *node, const char *path,
		    struct error *err)
{
	const struct inode *inode = node->inode;
	const char *target = inode_target(inode);
	struct inventory_item item = {
		.path = strdup(path),
		.node = node,
		.rdev = inode_rdev(inode),
		.order = inode->order,
		.found = {.kind = kind_of(inode),
			  .size = S_ISREG(inode->mode) ? inode->size
				  : target	       ? strlen(target)
						       : 0,
			  .mode = inode->mode & 07777,
			  .uid = inode->uid,
			  .gid = inode->gid,
			  .nlink = inode->nlink,
			  .mtime_ns = inode->mtime * 1000000000,
			  .target = target ? strdup(target) : NULL},
	};

	if (!item.path || (target && !item.found.target) || array_push(inventory, item) < 0) {
		free(item.path);
		free((char *)item.found.target);
		return error_oom(err);
	}
	return 0;
}

/* Everything below a directory, its own path being `path`. */
static int add_below(struct inventory *inventory, const struct node *node, const char *path,
		     struct error *err)
{
	int r = add_node(inventory, node, path, err);

	for (uint32_t i = 0; r == 0 && i < node_child_count(node); i++) {
		_cleanup_(freep) char *below = path_join(path, node_child_at(node, i)->name);

		r = below ? add_below(inventory, node_child_at(node, i), below, err) : error_oom(err);
	}
	return r;
}

static int by_path(const void *a, const void *b)
{
	const struct inventory_item *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* A tree, or the root file system in it if it is a package. */
static int take_tree(struct inventory *inventory, struct tree *tree, struct error *err)
{
	struct node *root = tree_find(tree, "/rootfs");
	int r;

	if (root && node_is_dir(root) && tree_find(tree, "/sfc/package.json"))
		inventory->kind = INVENTORY_PACKAGE;
	else
		root = tree_root(tree);
	r = add_below(inventory, root, "/", err);
	if (r == 0)
		array_sort(inventory, by_path);
	return r;
}

static int open_directory(const char *path, struct inventory *inventory, struct error *err)
{
	struct scan_options options = {.keep_going = true};
	struct inventory_disk *disk = inventory->disk = inventory_disk_new();

	if (!disk)
		return error_oom(err);
	disk->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (disk->fd < 0)
		return error_errno(err, "cannot open '%s'", path);
	if (scan_new(disk->fd, &options, &disk->scan) < 0 || tree_new(&disk->tree) < 0)
		return error_oom(err);
	return 0;
}

static int load_directory(const char *path, struct inventory *inventory, struct error *err)
{
	int r = open_directory(path, inventory, err);

	if (r == 0)
		r = scan_all(inventory->disk->scan, inventory->disk->tree, err);
	return r < 0 ? r : take_tree(inventory, inventory->disk->tree, err);
}

static int load_image(const char *path, struct inventory *inventory, struct error *err)
{
	struct inventory_disk *disk = inventory->disk = inventory_disk_new();
	int r;

	if (!disk)
		return error_oom(err);
	disk->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (disk->fd < 0)
		return error_errno(err, "cannot open '%s'", path);
	r = image_open(disk->fd, path, &disk->image, err);
	if (r == 0)
		r = image_tree(disk->image, &disk->tree, err);
	return r < 0 ? r : take_tree(inventory, disk->tree, err);
}

static int load_manifest(const char *path, enum inventory_part part, struct inventory *inventory,
			 struct error *err)
{
	_cleanup_(manifest_closep) struct manifest *manifest = NULL;
	int r = bundle_or_manifest(path, &manifest, NULL, err);

	if (r == 0)
		r = manifest_say_open(manifest, err);
	return r < 0 ? r : inventory_from_manifest(manifest, part, inventory, err);
}

enum inventory_kind inventory_kind_of(const char *path)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char magic[4] = "";
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return INVENTORY_MANIFEST;
	if (S_ISDIR(st.st_mode))
		return INVENTORY_DIRECTORY;
	if (S_ISREG(st.st_mode) && io_pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
	    memcmp(magic, "hsqs", sizeof(magic)) == 0)
		return INVENTORY_IMAGE;
	return INVENTORY_MANIFEST; /* which says best what is wrong with it */
}

int inventory_load(const char *path, enum inventory_part part,
		   struct inventory *ret_inventory, struct error *err)
{
	_cleanup_(inventory_release) struct inventory inventory = {.kind = inventory_kind_of(path)};
	int r;

	if (part != INVENTORY_NEEDED && inventory.kind == INVENTORY_DIRECTORY)
		return error_set(err, -EINVAL, "'%s' is a directory: it does not know what is not there",
				 path);
	if (part != INVENTORY_NEEDED) /* of a package, its manifest knows */
		inventory.kind = INVENTORY_MANIFEST;
	if (inventory.kind == INVENTORY_DIRECTORY)
		r = load_directory(path, &inventory, err);
	else if (inventory.kind == INVENTORY_MANIFEST)
		r = load_manifest(path, part, &inventory, err);
	else
		r = load_image(path, &inventory, err);
	if (r < 0)
		return r;
	*ret_inventory = inventory;
	inventory = (struct inventory)INVENTORY_INIT;
	return 0;
}

int inventory_load_like(const char *path, const struct inventory *like,
			struct inventory *ret_inventory, struct error *err)
{
	_cleanup_(inventory_release) struct inventory inventory = {.kind = INVENTORY_DIRECTORY};
	struct error ignored;
	struct node *node;
	int r = open_directory(path, &inventory, err);

	for (size_t i = 0; i < like->count && r == 0; i++) {
		r = scan_path(inventory.disk->scan, inventory.disk->tree, like->items[i].path, &node,
			      &ignored);
		if (source_has_none(r))
			r = 0;
		else if (r < 0)
			error_set(err, r, "%s", ignored.message);
	}
	if (r == 0)
		r = add_below(&inventory, tree_root(inventory.disk->tree), "/", err);
	if (r < 0)
		return r;
	array_sort(&inventory, by_path);
	*ret_inventory = inventory;
	inventory = (struct inventory)INVENTORY_INIT;
	return 0;
}
