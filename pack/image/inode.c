// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/inode.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "db/base/cleanup.h"

enum { MAJOR_MAX = 0xfff, MINOR_MAX = 0xfffff };

uint16_t inode_type(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return SQFS_DIR;
	case S_IFREG:
		return SQFS_FILE;
	case S_IFLNK:
		return SQFS_LINK;
	case S_IFBLK:
		return SQFS_BLOCK_DEVICE;
	case S_IFCHR:
		return SQFS_CHAR_DEVICE;
	case S_IFIFO:
		return SQFS_FIFO;
	case S_IFSOCK:
		return SQFS_SOCKET;
	}
	return 0;
}

int inode_check(const struct writer *writer, const struct node *node, struct error *err)
{
	const struct inode *inode = node->inode;
	_cleanup_(freep) char *path = NULL;
	uint16_t type = inode_type(inode->mode);
	bool device = type == SQFS_BLOCK_DEVICE || type == SQFS_CHAR_DEVICE;

	if (type == SQFS_LINK && !(inode->target && inode->target[0] &&
				   strlen(inode->target) <= SQFS_TARGET_MAX)) {
		path = node_path(node);
		return error_set(err, -ENAMETOOLONG,
				 "cannot store the link '%s': its target has %zu bytes; the kernel "
				 "reads 1 to %d",
				 path ? path : "", inode->target ? strlen(inode->target) : 0,
				 SQFS_TARGET_MAX);
	}
	if (device && (major(inode->rdev) > MAJOR_MAX || minor(inode->rdev) > MINOR_MAX)) {
		path = node_path(node);
		return error_set(err, -EOVERFLOW,
				 "cannot store the device '%s': %u:%u does not fit into 12 and 20 "
				 "bits",
				 path ? path : "", major(inode->rdev), minor(inode->rdev));
	}
	if (!type) {
		path = node_path(node);
		return error_set(err, -EINVAL, "cannot store '%s': it is of no known kind",
				 path ? path : "");
	}
	if (writer->options.has_time || !writer->options.warn)
		return 0;
	if (inode->mtime < 0 || inode->mtime > UINT32_MAX) {
		struct error warning = ERROR_INIT;

		path = node_path(node);
		error_set(&warning, 0,
			  "'%s' was changed at %lld, outside 1970 to 2106; it is stored with the "
			  "nearest time",
			  path ? path : "", (long long)inode->mtime);
		writer->options.warn(warning.message, writer->options.warn_data);
	}
	return 0;
}

static uint32_t time_of(const struct writer *writer, const struct inode *inode)
{
	int64_t time = inode->mtime;

	if (writer->options.has_time && time > writer->options.time && !inode->recorded)
		time = writer->options.time;
	if (time < 0)
		return 0;
	return time > UINT32_MAX ? UINT32_MAX : (uint32_t)time;
}

static int id_of(struct writer *writer, const struct node *node, uint32_t number,
		 uint16_t *ret_index, struct error *err)
{
	int r = ids_index(&writer->ids, number, ret_index);

	if (r == -EOVERFLOW) {
		_cleanup_(freep) char *path = node_path(node);

		return error_set(err, r,
				 "cannot store the owner of '%s': an image holds at most %d "
				 "different users and groups",
				 path ? path : "", SQFS_IDS_MAX);
	}
	*ret_index = htole16(*ret_index);
	return r;
}

/* The common part, and the number of the attributes. Remembers where the inode will be. */
static int begin(struct writer *writer, struct node *node, struct sqfs_inode *base,
		 uint32_t *ret_xattr, struct error *err)
{
	struct inode *inode = node->inode;
	int r;

	base->type = inode_type(inode->mode);
	base->mode = htole16(inode->mode & 07777);
	base->mtime = htole32(time_of(writer, inode));
	base->number = htole32(inode->number);
	*ret_xattr = SQFS_NO_XATTR;
	/* uids and gids leave the packed struct by value */
	uint16_t uid = 0, gid = 0;
	r = id_of(writer, node, inode->uid, &uid, err);
	if (r == 0)
		r = id_of(writer, node, inode->gid, &gid, err);
	base->uid = uid;
	base->gid = gid;
	if (r == 0 && !writer->options.no_xattrs)
		r = xattrs_add(&writer->xattrs, inode->xattrs, ret_xattr);
	return r;
}

static void set_type(struct sqfs_inode *base, bool extended)
{
	base->type = htole16(base->type + (extended ? SQFS_EXTENDED : 0));
}

static int put(struct writer *writer, const void *data, size_t size)
{
	return metadata_add(&writer->inodes, data, size);
}

static int write_blocks(struct writer *writer, const struct extent *extent)
{
	int r = 0;

	for (uint32_t i = 0; i < extent->block_count && r == 0; i++) {
		uint32_t size = htole32(writer->data.store.blocks.items[extent->first_block + i]);

		r = put(writer, &size, sizeof(size));
	}
	return r;
}

static int write_file(struct writer *writer, struct sqfs_inode *base, const struct inode *inode,
		      const struct file_data *file, uint32_t xattr)
{
	struct extent extent = store_extent(&writer->data.store, file);
	bool extended = xattr != SQFS_NO_XATTR || inode->nlink > 1 || inode->size > UINT32_MAX ||
			extent.start > UINT32_MAX || extent.sparse;
	int r;

	set_type(base, extended);
	if (extended) {
		struct sqfs_file_extended big = {
			.base = *base,
			.start = htole64(extent.start),
			.size = htole64(inode->size),
			.sparse = htole64(extent.sparse),
			.nlink = htole32(inode->nlink),
			.fragment = htole32(file->fragment),
			.fragment_offset = htole32(file->fragment_offset),
			.xattr = htole32(xattr),
		};

		r = put(writer, &big, sizeof(big));
	} else {
		struct sqfs_file basic = {
			.base = *base,
			.start = htole32((uint32_t)extent.start),
			.fragment = htole32(file->fragment),
			.fragment_offset = htole32(file->fragment_offset),
			.size = htole32((uint32_t)inode->size),
		};

		r = put(writer, &basic, sizeof(basic));
	}
	return r < 0 ? r : write_blocks(writer, &extent);
}

static int write_xattr_behind(struct writer *writer, uint32_t xattr)
{
	uint32_t number = htole32(xattr);

	return xattr == SQFS_NO_XATTR ? 0 : put(writer, &number, sizeof(number));
}

static int write_link(struct writer *writer, struct sqfs_inode *base, const struct inode *inode,
		      uint32_t xattr)
{
	struct sqfs_link link = {.nlink = htole32(inode->nlink),
				 .size = htole32((uint32_t)strlen(inode->target))};
	int r;

	set_type(base, xattr != SQFS_NO_XATTR);
	link.base = *base;
	r = put(writer, &link, sizeof(link));
	if (r == 0)
		r = put(writer, inode->target, strlen(inode->target));
	return r < 0 ? r : write_xattr_behind(writer, xattr);
}

/* As the kernel's new_encode_dev(). */
static uint32_t encode_rdev(dev_t rdev)
{
	uint32_t low = minor(rdev) & 0xff, high = minor(rdev) & ~0xffu;

	return low | major(rdev) << 8 | high << 12;
}

static int write_device(struct writer *writer, struct sqfs_inode *base, const struct inode *inode,
			uint32_t xattr)
{
	struct sqfs_device device = {.nlink = htole32(inode->nlink),
				     .rdev = htole32(encode_rdev(inode->rdev))};
	int r;

	set_type(base, xattr != SQFS_NO_XATTR);
	device.base = *base;
	r = put(writer, &device, sizeof(device));
	return r < 0 ? r : write_xattr_behind(writer, xattr);
}

static int write_ipc(struct writer *writer, struct sqfs_inode *base, const struct inode *inode,
		     uint32_t xattr)
{
	struct sqfs_ipc ipc = {.nlink = htole32(inode->nlink)};
	int r;

	set_type(base, xattr != SQFS_NO_XATTR);
	ipc.base = *base;
	r = put(writer, &ipc, sizeof(ipc));
	return r < 0 ? r : write_xattr_behind(writer, xattr);
}

int inode_write_leaf(struct writer *writer, struct node *node, struct error *err)
{
	struct inode *inode = node->inode;
	uint64_t place = metadata_place(&writer->inodes), file = inode->scratch;
	struct sqfs_inode base;
	uint32_t xattr;
	int r;

	r = begin(writer, node, &base, &xattr, err);
	if (r < 0)
		return r;
	inode->scratch = place;
	switch (base.type) {
	case SQFS_FILE:
		return write_file(writer, &base, inode, &writer->data.store.files.items[file], xattr);
	case SQFS_LINK:
		return write_link(writer, &base, inode, xattr);
	case SQFS_BLOCK_DEVICE:
	case SQFS_CHAR_DEVICE:
		return write_device(writer, &base, inode, xattr);
	}
	return write_ipc(writer, &base, inode, xattr);
}

static uint32_t parent_number(const struct writer *writer, const struct node *node)
{
	return node->parent == node ? writer->inode_count + 1 : node->parent->inode->number;
}

int inode_write_directory(struct writer *writer, struct node *node, const struct listing *listing,
			  struct error *err)
{
	uint64_t place = metadata_place(&writer->inodes), reference;
	uint64_t size = listing->size + SQFS_LISTING_EXTRA;
	struct sqfs_inode base;
	uint32_t xattr;
	bool extended;
	int r;

	r = begin(writer, node, &base, &xattr, err);
	if (r == 0)
		r = metadata_reference(&writer->directories, listing->place, &reference);
	if (r < 0)
		return r;
	if (size > UINT32_MAX || reference >> 16 > UINT32_MAX)
		return error_set(err, -EFBIG, "cannot store the directories: they take over 4 GiB");
	node->inode->scratch = place;
	extended = size > UINT16_MAX || xattr != SQFS_NO_XATTR || listing->index_count;
	set_type(&base, extended);
	if (extended) {
		struct sqfs_dir_extended big = {
			.base = base,
			.nlink = htole32(2 + listing->subdirectories),
			.size = htole32((uint32_t)size),
			.block = htole32((uint32_t)(reference >> 16)),
			.parent = htole32(parent_number(writer, node)),
			.index_count = htole16((uint16_t)listing->index_count),
			.offset = htole16((uint16_t)(reference & 0xffff)),
			.xattr = htole32(xattr),
		};

		r = put(writer, &big, sizeof(big));
		return r < 0 ? r : put(writer, listing->index.bytes, listing->index.size);
	}
	struct sqfs_dir basic = {
		.base = base,
		.block = htole32((uint32_t)(reference >> 16)),
		.nlink = htole32(2 + listing->subdirectories),
		.size = htole16((uint16_t)size),
		.offset = htole16((uint16_t)(reference & 0xffff)),
		.parent = htole32(parent_number(writer, node)),
	};
	return put(writer, &basic, sizeof(basic));
}
