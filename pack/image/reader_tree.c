// SPDX-License-Identifier: BSD-2-Clause
/* From an image to a tree: the listings, and what their names lead to. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/hash.h"
#include "pack/image/reader_inode.h"
#include "pack/image/reader_meta.h"
#include "pack/image/reader_xattr.h"

/* An inode that a name led to; others may lead to it again. */
struct met {
	struct hash_link link; /* by number */
	uint64_t reference;
	struct node *node;
	struct raw_inode raw; /* of directories: where the listing is */
};

struct loading {
	struct image *image;
	struct tree *tree;
	struct hash met;
	ARRAY(struct met *) pending; /* directories */
	uint64_t listed; /* bytes of listings read */
};

static uint32_t mode_of(uint16_t type)
{
	static const uint32_t modes[] = {0,       S_IFDIR, S_IFREG, S_IFLNK,
					 S_IFBLK, S_IFCHR, S_IFIFO, S_IFSOCK};

	return modes[type];
}

static int fill_inode(struct loading *loading, const struct raw_inode *raw, uint64_t reference,
		      struct meta_cursor *cursor, struct inode *inode, struct error *err)
{
	uint32_t rdev = raw->rdev;
	int r;

	inode->mode = mode_of(raw->type) | raw->mode;
	inode->uid = raw->uid;
	inode->gid = raw->gid;
	inode->mtime = raw->mtime;
	inode->scratch = reference;
	inode->number = raw->number;
	if (raw->type == SQFS_FILE)
		inode->size = raw->size;
	if (raw->type == SQFS_BLOCK_DEVICE || raw->type == SQFS_CHAR_DEVICE)
		inode->rdev = makedev(rdev >> 8 & 0xfff, (rdev & 0xff) | (rdev >> 12 & 0xfff00));
	if (raw->type == SQFS_LINK) {
		inode->target = calloc(1, raw->target_size + 1);
		if (!inode->target)
			return error_oom(err);
		r = meta_read(cursor, inode->target, raw->target_size, err);
		if (r < 0)
			return r;
	}
	return reader_xattrs_give(loading->image, raw->xattr, inode, err);
}

static struct met *met_find(const struct loading *loading, uint32_t number)
{
	uint64_t hash = hash_number(number);

	for (struct hash_link *l = hash_first(&loading->met, hash); l; l = hash_next(l, hash)) {
		struct met *met = container_of(l, struct met, link);

		if (met->raw.number == number)
			return met;
	}
	return NULL;
}

static int met_add(struct loading *loading, const struct raw_inode *raw, uint64_t reference,
		   struct node *node, struct error *err)
{
	struct met *met = calloc(1, sizeof(*met));

	if (!met)
		return error_oom(err);
	*met = (struct met){.reference = reference, .node = node, .raw = *raw};
	if (hash_add(&loading->met, &met->link, hash_number(raw->number)) < 0) {
		free(met);
		return error_oom(err);
	}
	if (raw->type == SQFS_DIR && array_push(&loading->pending, met) < 0)
		return error_oom(err);
	return 0;
}

static int add_link(struct loading *loading, struct node *directory, const char *name,
		    const struct met *met, uint64_t reference, uint16_t type, struct error *err)
{
	if (met->reference != reference || met->raw.type == SQFS_DIR || met->raw.type != type)
		return image_damaged(loading->image, "two inodes have the same number", err);
	if (node_link(directory, name, met->node, NULL) < 0)
		return image_damaged(loading->image, "a directory has a name twice", err);
	return 0;
}

static int add_name(struct loading *loading, struct node *directory, const char *name,
		    uint64_t reference, uint32_t number, uint16_t type, struct error *err)
{
	struct meta_cursor cursor;
	struct raw_inode raw;
	struct node *node;
	struct met *met;
	int r;

	met = met_find(loading, number);
	if (met)
		return add_link(loading, directory, name, met, reference, type, err);
	r = raw_inode_read(loading->image, reference, &raw, &cursor, err);
	if (r < 0)
		return r;
	if (raw.number != number || raw.type != type)
		return image_damaged(loading->image, "a name leads to another inode", err);
	if (loading->met.count >= loading->image->info.inode_count)
		return image_damaged(loading->image, "it has more inodes than it says", err);
	r = node_add(directory, name, mode_of(raw.type), &node);
	if (r < 0)
		return r == -ENOMEM ? error_oom(err)
				    : image_damaged(loading->image, "a name is impossible", err);
	r = fill_inode(loading, &raw, reference, &cursor, node->inode, err);
	return r < 0 ? r : met_add(loading, &raw, reference, node, err);
}

/* A header and its names; *left are the bytes of the listing that remain. */
static int load_run(struct loading *loading, struct node *directory, struct meta_cursor *cursor,
		    uint64_t *left, char last[SQFS_NAME_MAX + 1], struct error *err)
{
	struct image *image = loading->image;
	struct sqfs_run run;
	int r;

	if (*left < sizeof(run))
		return image_damaged(image, "a directory ends too early", err);
	r = meta_read(cursor, &run, sizeof(run), err);
	*left -= sizeof(run);
	if (r == 0 && le32toh(run.count) >= SQFS_RUN_MAX)
		return image_damaged(image, "a directory header has no possible count", err);
	for (uint32_t i = 0; r == 0 && i <= le32toh(run.count); i++) {
		char name[SQFS_NAME_MAX + 1];
		struct sqfs_name head;
		uint32_t size, number;

		if (*left < sizeof(head))
			return image_damaged(image, "a directory ends too early", err);
		r = meta_read(cursor, &head, sizeof(head), err);
		if (r < 0)
			return r;
		size = le16toh(head.size) + 1u;
		*left -= sizeof(head);
		if (size > SQFS_NAME_MAX || *left < size)
			return image_damaged(image, "a name has no possible size", err);
		r = meta_read(cursor, name, size, err);
		if (r < 0)
			return r;
		*left -= size;
		name[size] = '\0';
		if (strlen(name) != size || strcmp(last, name) >= 0)
			return image_damaged(image, "a directory is not in order", err);
		memcpy(last, name, size + 1);
		number = le32toh(run.number) + (uint32_t)(int16_t)le16toh((uint16_t)head.difference);
		r = add_name(loading, directory, name,
			     (uint64_t)le32toh(run.block) << 16 | le16toh(head.offset), number,
			     le16toh(head.type), err);
	}
	return r;
}

static int load_directory(struct loading *loading, const struct met *met, struct error *err)
{
	struct image *image = loading->image;
	char last[SQFS_NAME_MAX + 1] = "";
	struct meta_cursor cursor;
	uint64_t left;
	int r;

	if (met->raw.size < SQFS_LISTING_EXTRA)
		return image_damaged(image, "a directory has no possible size", err);
	left = met->raw.size - SQFS_LISTING_EXTRA;
	if (!left)
		return 0;
	loading->listed += left;
	/* listings do not overlap, so all of them fit into the table */
	if (loading->listed > image->directories.room)
		return image_damaged(image, "its listings are larger than their table", err);
	r = meta_seek(&cursor, image, &image->directories, met->raw.block, met->raw.offset, err);
	while (left && r == 0)
		r = load_run(loading, met->node, &cursor, &left, last, err);
	return r;
}

static int load_root(struct loading *loading, struct error *err)
{
	struct image *image = loading->image;
	uint64_t reference = image->info.root_block << 16 | image->info.root_offset;
	struct node *root = tree_root(loading->tree);
	struct meta_cursor cursor;
	struct raw_inode raw;
	int r;

	r = raw_inode_read(image, reference, &raw, &cursor, err);
	if (r < 0)
		return r;
	if (raw.type != SQFS_DIR)
		return image_damaged(image, "its root is no directory", err);
	r = fill_inode(loading, &raw, reference, &cursor, root->inode, err);
	return r < 0 ? r : met_add(loading, &raw, reference, root, err);
}

static void loading_release(struct loading *loading)
{
	struct hash_cursor cursor = {0};
	struct hash_link *link;

	while ((link = hash_each(&loading->met, &cursor)))
		free(container_of(link, struct met, link));
	hash_release(&loading->met);
	array_release(&loading->pending);
	tree_free(loading->tree);
}

/* Every link count of the image is what its names add up to. */
static int check_links(const struct loading *loading, struct error *err)
{
	struct hash_cursor cursor = {0};
	struct hash_link *link;

	while ((link = hash_each(&loading->met, &cursor))) {
		const struct met *met = container_of(link, struct met, link);

		if (met->raw.type != SQFS_DIR && met->raw.nlink != met->node->inode->nlink)
			return image_damaged(loading->image, "a link count is wrong", err);
	}
	if (loading->met.count != loading->image->info.inode_count)
		return image_damaged(loading->image, "it has fewer inodes than it says", err);
	return 0;
}

int image_tree(struct image *image, struct tree **ret_tree, struct error *err)
{
	struct loading loading = {.image = image};
	int r;

	image->xattr_bytes = 0;
	r = tree_new(&loading.tree) < 0 ? error_oom(err) : 0;
	if (r == 0)
		r = load_root(&loading, err);
	while (r == 0 && loading.pending.count)
		r = load_directory(&loading, loading.pending.items[--loading.pending.count], err);
	if (r == 0)
		r = check_links(&loading, err);
	if (r == 0)
		*ret_tree = take(loading.tree);
	loading_release(&loading);
	return r;
}
