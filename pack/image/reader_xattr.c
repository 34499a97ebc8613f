// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/reader_xattr.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "pack/image/reader_meta.h"

enum {
	XATTR_BYTES_MAX = 1 << 30, /* in all; sets are shared, so a small image could ask for any */
	VALUE_MAX = 64 * 1024,
};

int reader_xattrs_load(struct image *image, struct error *err)
{
	uint64_t at = image->info.xattr_table;
	struct sqfs_xattr_header header;
	void *records;
	int r;

	if (at == SQFS_NO_TABLE)
		return 0;
	if (at > image->info.bytes_used || image->info.bytes_used - at < sizeof(header))
		return image_damaged(image, "the attributes are outside the image", err);
	r = image_read_at(image, &header, sizeof(header), at, err);
	if (r < 0)
		return r;
	image->values = (struct meta_table){.start = le64toh(header.values), .end = at};
	if (image->values.start > at)
		return image_damaged(image, "the attributes are outside the image", err);
	r = meta_records(image, at + sizeof(header), image->info.bytes_used, le32toh(header.count),
			 sizeof(struct sqfs_xattr_set), &records, err);
	if (r < 0)
		return r;
	image->sets = records;
	image->set_count = le32toh(header.count);
	return 0;
}

static int read_value(struct image *image, struct meta_cursor *cursor, bool elsewhere,
		      char **ret_value, uint32_t *ret_size, struct error *err)
{
	_cleanup_(freep) char *value = NULL;
	struct meta_cursor there;
	struct sqfs_value head;
	uint64_t reference;
	int r = meta_read(cursor, &head, sizeof(head), err);

	if (r == 0 && elsewhere) {
		if (le32toh(head.size) != sizeof(reference))
			return image_damaged(image, "an attribute has no possible size", err);
		r = meta_read(cursor, &reference, sizeof(reference), err);
		reference = le64toh(reference);
		if (r == 0)
			r = meta_seek(&there, image, &image->values, reference >> 16,
				      reference & 0xffff, err);
		cursor = &there;
		if (r == 0)
			r = meta_read(cursor, &head, sizeof(head), err);
	}
	if (r < 0)
		return r;
	if (le32toh(head.size) > VALUE_MAX)
		return image_damaged(image, "an attribute has no possible size", err);
	value = malloc(le32toh(head.size) + 1);
	if (!value)
		return error_oom(err);
	r = meta_read(cursor, value, le32toh(head.size), err);
	if (r < 0)
		return r;
	*ret_size = le32toh(head.size);
	*ret_value = take(value);
	return 0;
}

static int read_attribute(struct image *image, struct meta_cursor *cursor, struct inode *inode,
			  struct error *err)
{
	static const char *const prefixes[] = {"user.", "trusted.", "security."};
	_cleanup_(freep) char *value = NULL;
	struct sqfs_key key;
	uint32_t size = 0;
	char name[300];
	uint16_t type;
	int r = meta_read(cursor, &key, sizeof(key), err);

	if (r < 0)
		return r;
	type = le16toh(key.type);
	if ((type & 0xff) >= sizeof(prefixes) / sizeof(*prefixes) ||
	    type & ~(0xff | SQFS_XATTR_ELSEWHERE) || le16toh(key.size) > 255)
		return image_damaged(image, "an attribute has no possible name", err);
	size_t prefix = strlen(prefixes[type & 0xff]);
	memcpy(name, prefixes[type & 0xff], prefix);
	r = meta_read(cursor, name + prefix, le16toh(key.size), err);
	name[prefix + le16toh(key.size)] = '\0';
	if (r == 0)
		r = read_value(image, cursor, type & SQFS_XATTR_ELSEWHERE, &value, &size, err);
	if (r < 0)
		return r;
	image->xattr_bytes += size + sizeof(name);
	if (image->xattr_bytes > XATTR_BYTES_MAX)
		return image_damaged(image, "its attributes take over 1 GiB", err);
	r = inode_set_xattr(inode, name, value, size);
	return r < 0 ? error_oom(err) : 0;
}

int reader_xattrs_give(struct image *image, uint32_t number, struct inode *inode,
		       struct error *err)
{
	const struct sqfs_xattr_set *set;
	struct meta_cursor cursor;
	int r;

	if (number == SQFS_NO_XATTR)
		return 0;
	if (number >= image->set_count)
		return image_damaged(image, "a set of attributes is not in its table", err);
	set = &image->sets[number];
	r = meta_seek(&cursor, image, &image->values, le64toh(set->reference) >> 16,
		      le64toh(set->reference) & 0xffff, err);
	for (uint32_t i = 0; i < le32toh(set->count) && r == 0; i++)
		r = read_attribute(image, &cursor, inode, err);
	return r;
}
