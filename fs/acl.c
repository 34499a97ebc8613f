// SPDX-License-Identifier: BSD-2-Clause
#include "fs/acl.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/xattr.h>

/* As in linux/posix_acl_xattr.h, all of it little-endian. */
enum { LIST_VERSION = 2 };
enum { TAG_USER = 0x02, TAG_GROUP_OBJ = 0x04, TAG_GROUP = 0x08, TAG_MASK = 0x10, TAG_OTHER = 0x20 };

struct entry {
	uint16_t tag, permissions;
	uint32_t id;
};

/* More than most have. A longer one is not read. */
enum { LIST_MAX = 4096 };

/* What all entries of this kind have, less what the mask keeps from them; 7 where there is none. */
static unsigned int shared(const char *entries, size_t size, uint16_t tag, unsigned int mask)
{
	unsigned int all = 7;
	struct entry entry;

	for (; size >= sizeof(entry); entries += sizeof(entry), size -= sizeof(entry)) {
		memcpy(&entry, entries, sizeof(entry));
		if (le16toh(entry.tag) == tag)
			all &= le16toh(entry.permissions) & mask;
	}
	return all;
}

mode_t acl_narrow(const void *list, size_t size, mode_t mode)
{
	const char *entries = (const char *)list + sizeof(uint32_t);
	unsigned int mask, users, group, other;
	uint32_t version;

	if (size < sizeof(version))
		return mode & ~(mode_t)077;
	memcpy(&version, list, sizeof(version));
	size -= sizeof(version);
	if (le32toh(version) != LIST_VERSION || size % sizeof(struct entry))
		return mode & ~(mode_t)077;
	mask = shared(entries, size, TAG_MASK, 7);
	users = shared(entries, size, TAG_USER, mask); /* may be of either class */
	group = shared(entries, size, TAG_GROUP_OBJ, mask) & users;
	other = shared(entries, size, TAG_OTHER, 7) & users & shared(entries, size, TAG_GROUP, mask);
	return mode & ((mode_t)~077 | group << 3 | other);
}

/* By what reading the list gave. */
static bool narrow(const char *list, ssize_t size, mode_t *mode)
{
	if (size < 0 && (errno == ENODATA || errno == EOPNOTSUPP || errno == ENOENT))
		return false;
	*mode = acl_narrow(list, size < 0 ? 0 : (size_t)size, *mode);
	return true;
}

bool acl_narrow_at(const struct node_location *location, mode_t *mode)
{
	char list[LIST_MAX];

	return narrow(list, location_getxattr(location, ACL_ACCESS, list, sizeof(list)), mode);
}

bool acl_narrow_path(const char *path, mode_t *mode)
{
	char list[LIST_MAX];

	return narrow(list, getxattr(path, ACL_ACCESS, list, sizeof(list)), mode);
}
