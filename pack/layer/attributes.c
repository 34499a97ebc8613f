// SPDX-License-Identifier: BSD-2-Clause
#include "pack/layer/attributes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/array.h"
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

/* By these an image could hide, redirect or uncover files of what it is laid over. */
static bool xattr_steers_overlays(const char *name)
{
	return strncmp(name, "trusted.overlay.", 16) == 0 || strncmp(name, "user.overlay.", 13) == 0;
}

struct found {
	const char *name;
	const void *value;
	size_t size;
	size_t turn;
};

/* Of one name the last in the archive stays; libarchive hands out the last first. */
static int compare_found(const void *a, const void *b)
{
	const struct found *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	if (order == 0)
		order = left->turn > right->turn ? -1 : 1;
	return order;
}

/* Whether a tree takes it; what it does not take is counted. */
static bool is_wanted(const char *name, struct layer_stats *stats)
{
	if (!name || !xattr_is_known(name))
		stats->foreign_xattrs++;
	else if (xattr_steers_overlays(name))
		stats->overlay_xattrs++;
	else
		return true;
	return false;
}

/* In the order of their names, in which a list grows at its end, however many there are. */
static int fill_xattrs(struct archive_entry *entry, struct inode *inode, struct layer_stats *stats,
		       struct error *err)
{
	ARRAY(struct found) found = ARRAY_INIT;
	struct found one = {0};
	int r = 0;

	sym_archive_entry_xattr_reset(entry);
	while (r == 0 && sym_archive_entry_xattr_next(entry, &one.name, &one.value, &one.size) == ARCHIVE_OK) {
		if (!is_wanted(one.name, stats))
			continue;
		one.turn = found.count;
		if (strlen(one.name) > NAME_BYTES_MAX || one.size > VALUE_MAX)
			r = error_set(err, -E2BIG, "has an extended attribute that is too large");
		else if (array_push(&found, one) < 0)
			r = error_oom(err);
	}
	array_sort(&found, compare_found);
	for (size_t i = 0; r == 0 && i < found.count; i++)
		if (inode_set_xattr(inode, found.items[i].name, found.items[i].value,
				    found.items[i].size) < 0)
			r = error_oom(err);
	array_release(&found);
	return r;
}

int layer_attributes(struct archive_entry *entry, const struct layer_options *options,
		     struct inode *inode, struct layer_stats *stats, struct error *err)
{
	int64_t uid = sym_archive_entry_uid(entry), gid = sym_archive_entry_gid(entry);

	if (uid < 0 || gid < 0 || uid > UINT32_MAX || gid > UINT32_MAX)
		return error_set(err, -EOVERFLOW, "has an owner beyond 32 bits");
	inode->mode = (inode->mode & S_IFMT) | (sym_archive_entry_mode(entry) & 07777);
	inode->uid = (uint32_t)uid;
	inode->gid = (uint32_t)gid;
	inode->mtime = sym_archive_entry_mtime(entry);
	if (sym_archive_entry_acl_types(entry) != 0)
		stats->acls++;
	clear_xattrs(inode);
	return options->no_xattrs ? 0 : fill_xattrs(entry, inode, stats, err);
}
