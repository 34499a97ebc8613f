// SPDX-License-Identifier: BSD-2-Clause
#include "pack/report/inventory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "pack/report/inventory_disk.h"

static void disk_free(struct inventory_disk *disk)
{
	if (!disk)
		return;
	tree_free(disk->tree);
	scan_free(disk->scan);
	image_close(disk->image);
	closep(&disk->fd);
	free(disk);
}

struct inventory_disk *inventory_disk_new(void)
{
	struct inventory_disk *disk = calloc(1, sizeof(*disk));

	if (disk)
		disk->fd = -1;
	return disk;
}

const char *inventory_kind_name(enum inventory_kind kind)
{
	static const char *const names[] = {"manifest", "directory", "image", "package"};

	return names[kind];
}

void inventory_release(struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++) {
		free(inventory->items[i].path);
		free((char *)inventory->items[i].found.target);
		free(inventory->items[i].program);
	}
	free(inventory->items);
	disk_free(inventory->disk);
	*inventory = (struct inventory)INVENTORY_INIT;
}

/* ---- contents ---- */

struct contents {
	struct image_file *file; /* in an image; */
	int fd;                  /* or a file, */
	uint64_t offset;         /* from here on; or, when fd is -1, a hole */
	const struct node *node;
	uint64_t size;
};

int contents_open(const struct inventory *inventory, const struct inventory_item *item,
		  struct contents **ret_contents, struct error *err)
{
	_cleanup_(contents_closep) struct contents *contents = calloc(1, sizeof(*contents));
	int r = 0;

	if (!contents)
		return error_oom(err);
	contents->fd = -1;
	contents->node = item->node;
	contents->size = item->found.size;
	if (inventory->disk && inventory->disk->image)
		r = image_file_open(inventory->disk->image, item->node->inode, &contents->file, err);
	else if (inode_content(item->node->inode) != CONTENT_NONE)
		r = content_open(item->node, &contents->fd, &contents->offset, err);
	if (r < 0)
		return r;
	*ret_contents = take(contents);
	return 0;
}

ssize_t contents_read(struct contents *contents, void *data, size_t size, uint64_t position,
		      struct error *err)
{
	ssize_t got;

	if (contents->file)
		return image_file_read(contents->file, data, size, position, err);
	if (position >= contents->size)
		return 0;
	if (size > contents->size - position)
		size = (size_t)(contents->size - position);
	if (contents->fd < 0) {
		memset(data, 0, size);
		return (ssize_t)size;
	}
	got = io_pread(contents->fd, data, size, contents->offset + position);
	if (got < 0)
		return error_code(err, (int)got, "cannot read '%s'", contents->node->name);
	return got;
}

void contents_close(struct contents *contents)
{
	if (!contents)
		return;
	image_file_close(contents->file);
	closep(&contents->fd);
	free(contents);
}

void contents_closep(struct contents **contents)
{
	contents_close(*contents);
}

int inventory_extra(const struct inventory *inventory, const char *path, size_t limit,
		    struct text *text, struct error *err)
{
	_cleanup_(contents_closep) struct contents *contents = NULL;
	struct inventory_item item = {0};
	ssize_t got;
	int r;

	item.node = inventory->disk ? tree_find(inventory->disk->tree, path) : NULL;
	if (!item.node || !S_ISREG(item.node->inode->mode))
		return -ENOENT;
	item.found.size = item.node->inode->size;
	if (item.found.size > limit)
		return error_set(err, -EFBIG, "'%s' is too large", path);
	r = contents_open(inventory, &item, &contents, err);
	while (r == 0) {
		char part[65536];

		got = contents_read(contents, part, sizeof(part), text->size, err);
		if (got <= 0)
			return (int)got;
		r = text_add_bytes(text, part, (size_t)got) < 0 ? error_oom(err) : 0;
	}
	return r;
}

/* ---- all of them ---- */

const struct inventory_item *inventory_find(const struct inventory *inventory, const char *path)
{
	size_t low = 0, high = inventory->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(path, inventory->items[middle].path);

		if (order == 0)
			return &inventory->items[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
