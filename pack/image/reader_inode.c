// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/reader_inode.h"

#include <endian.h>


/* A record of that size, behind what all records begin with and which was read before. */
static int read_rest(struct meta_cursor *cursor, void *record, size_t size, struct error *err)
{
	size_t common = sizeof(struct sqfs_inode);

	return meta_read(cursor, (uint8_t *)record + common, size - common, err);
}

static int read_directory(struct raw_inode *inode, bool extended, struct meta_cursor *cursor,
			  struct error *err)
{
	union {
		struct sqfs_dir basic;
		struct sqfs_dir_extended big;
	} disk;
	int r = read_rest(cursor, &disk, extended ? sizeof(disk.big) : sizeof(disk.basic), err);

	if (r < 0)
		return r;
	if (extended) {
		inode->size = le32toh(disk.big.size);
		inode->block = le32toh(disk.big.block);
		inode->offset = le16toh(disk.big.offset);
		inode->nlink = le32toh(disk.big.nlink);
		inode->parent = le32toh(disk.big.parent);
		inode->xattr = le32toh(disk.big.xattr);
	} else {
		inode->size = le16toh(disk.basic.size);
		inode->block = le32toh(disk.basic.block);
		inode->offset = le16toh(disk.basic.offset);
		inode->nlink = le32toh(disk.basic.nlink);
		inode->parent = le32toh(disk.basic.parent);
	}
	return 0;
}

static int read_file(struct raw_inode *inode, bool extended, struct meta_cursor *cursor,
		     struct error *err)
{
	union {
		struct sqfs_file basic;
		struct sqfs_file_extended big;
	} disk;
	int r = read_rest(cursor, &disk, extended ? sizeof(disk.big) : sizeof(disk.basic), err);

	if (r < 0)
		return r;
	if (extended) {
		inode->size = le64toh(disk.big.size);
		inode->start = le64toh(disk.big.start);
		inode->fragment = le32toh(disk.big.fragment);
		inode->fragment_offset = le32toh(disk.big.fragment_offset);
		inode->nlink = le32toh(disk.big.nlink);
		inode->xattr = le32toh(disk.big.xattr);
	} else {
		inode->size = le32toh(disk.basic.size);
		inode->start = le32toh(disk.basic.start);
		inode->fragment = le32toh(disk.basic.fragment);
		inode->fragment_offset = le32toh(disk.basic.fragment_offset);
		inode->nlink = 1;
	}
	return 0;
}

/* Everything else begins with a link count and perhaps one number more. */
static int read_other(struct image *image, struct raw_inode *inode, bool extended,
		      struct meta_cursor *cursor, struct error *err)
{
	uint32_t words[2] = {0}, xattr;
	bool two = inode->type == SQFS_LINK || inode->type == SQFS_BLOCK_DEVICE ||
		   inode->type == SQFS_CHAR_DEVICE;
	struct meta_cursor behind;
	int r = meta_read(cursor, words, two ? 8 : 4, err);

	if (r < 0)
		return r;
	inode->nlink = le32toh(words[0]);
	if (inode->type == SQFS_LINK)
		inode->target_size = le32toh(words[1]);
	else
		inode->rdev = le32toh(words[1]);
	if (inode->target_size > 65535 || (inode->type == SQFS_LINK && !inode->target_size))
		return image_damaged(image, "a link's target has no possible size", err);
	if (!extended)
		return 0;
	behind = *cursor;
	for (uint32_t left = inode->target_size; left && r == 0;) {
		char skipped[512];
		uint32_t part = left > sizeof(skipped) ? sizeof(skipped) : left;

		r = meta_read(&behind, skipped, part, err);
		left -= part;
	}
	if (r == 0)
		r = meta_read(&behind, &xattr, sizeof(xattr), err);
	if (r == 0)
		inode->xattr = le32toh(xattr);
	return r;
}

int raw_inode_read(struct image *image, uint64_t reference, struct raw_inode *inode,
		   struct meta_cursor *cursor, struct error *err)
{
	struct sqfs_inode base;
	uint16_t type;
	bool extended;
	int r;

	r = meta_seek(cursor, image, &image->inodes, reference >> 16, reference & 0xffff, err);
	if (r == 0)
		r = meta_read(cursor, &base, sizeof(base), err);
	if (r < 0)
		return r;
	type = le16toh(base.type);
	if (type < SQFS_DIR || type > SQFS_SOCKET + SQFS_EXTENDED)
		return image_damaged(image, "an inode is of no known kind", err);
	extended = type > SQFS_SOCKET;
	*inode = (struct raw_inode){
		.type = extended ? type - SQFS_EXTENDED : type,
		.mode = le16toh(base.mode) & 07777,
		.mtime = le32toh(base.mtime),
		.number = le32toh(base.number),
		.xattr = SQFS_NO_XATTR,
	};
	if (le16toh(base.uid) >= image->info.id_count || le16toh(base.gid) >= image->info.id_count)
		return image_damaged(image, "an owner is not in its table", err);
	inode->uid = le32toh(image->ids[le16toh(base.uid)]);
	inode->gid = le32toh(image->ids[le16toh(base.gid)]);
	if (inode->type == SQFS_DIR)
		return read_directory(inode, extended, cursor, err);
	if (inode->type == SQFS_FILE)
		return read_file(inode, extended, cursor, err);
	return read_other(image, inode, extended, cursor, err);
}
