// SPDX-License-Identifier: BSD-2-Clause
#include "pack/layer/attributes.h"

#include <archive.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"

/* What Linux takes: XATTR_NAME_MAX and XATTR_SIZE_MAX of linux/limits.h. */
enum { NAME_BYTES_MAX = 255, VALUE_MAX = 65536 };

static bool xattr_is_known(const char *name)
{
	return strncmp(name, "user.", 5) == 0 || strncmp(name, "trusted.", 8) == 0 ||
	       strncmp(name, "security.", 9) == 0;
}

static void clear_xattrs(struct inode *inode)
{
	struct xattr_list *list = take(inode->xattrs);

	for (size_t i = 0; list && i < list->count; i++) {
		free(list->items[i].name);
		free(list->items[i].value);
	}
	if (list)
		free(list->items);
	free(list);
}

static int fill_xattrs(struct archive_entry *entry, struct inode *inode, struct layer_stats *stats,
		       struct error *err)
{
	const char *name;
	const void *value;
	size_t size;

	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
		if (!name || !xattr_is_known(name)) {
			stats->foreign_xattrs++;
			continue;
		}
		if (strlen(name) > NAME_BYTES_MAX || size > VALUE_MAX)
			return error_set(err, -E2BIG,
					 "has an extended attribute that is too large");
		if (inode_set_xattr(inode, name, value, size) < 0)
			return error_oom(err);
	}
	return 0;
}

int layer_attributes(struct archive_entry *entry, const struct layer_options *options,
		     struct inode *inode, struct layer_stats *stats, struct error *err)
{
	int64_t uid = archive_entry_uid(entry), gid = archive_entry_gid(entry);

	if (uid < 0 || gid < 0 || uid > UINT32_MAX || gid > UINT32_MAX)
		return error_set(err, -EOVERFLOW, "has an owner beyond 32 bits");
	inode->mode = (inode->mode & S_IFMT) | (archive_entry_mode(entry) & 07777);
	inode->uid = (uint32_t)uid;
	inode->gid = (uint32_t)gid;
	inode->mtime = archive_entry_mtime(entry);
	if (archive_entry_acl_types(entry) != 0)
		stats->acls++;
	clear_xattrs(inode);
	return options->no_xattrs ? 0 : fill_xattrs(entry, inode, stats, err);
}
