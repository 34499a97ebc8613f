// SPDX-License-Identifier: BSD-2-Clause
#include "pack/source/attributes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"

#ifndef SYS_listxattrat
#define SYS_listxattrat 465 /* of all architectures */
#endif

void attributes_release(struct attributes *attributes)
{
	for (size_t i = 0; i < attributes->refused.count; i++)
		free(attributes->refused.items[i].name);
	array_release(&attributes->refused);
	text_release(&attributes->warnings);
	free(attributes->names);
	free(attributes->value);
}

static int warnings_write(struct attributes *attributes)
{
	text_clear(&attributes->warnings);
	for (size_t i = 0; i < attributes->refused.count; i++) {
		const struct refused_attribute *refused = &attributes->refused.items[i];

		text_printf(&attributes->warnings,
			    "%sthe attribute '%s' of %llu file%s cannot be stored and was left out",
			    i ? "; " : "", refused->name, (unsigned long long)refused->count,
			    refused->count == 1 ? "" : "s");
	}
	return text_failed(&attributes->warnings) ? -ENOMEM : 0;
}

static int refuse(struct attributes *attributes, const char *name)
{
	struct refused_attribute refused = {.count = 1};

	for (size_t i = 0; i < attributes->refused.count; i++)
		if (strcmp(attributes->refused.items[i].name, name) == 0) {
			attributes->refused.items[i].count++;
			return warnings_write(attributes);
		}
	refused.name = strdup(name);
	if (!refused.name || array_push(&attributes->refused, refused) < 0) {
		free(refused.name);
		return -ENOMEM;
	}
	return warnings_write(attributes);
}

const char *attributes_warnings(const struct attributes *attributes)
{
	return attributes->refused.count ? attributes->warnings.bytes : NULL;
}

/* What a SquashFS image can hold; POSIX ACLs ("system.…") it cannot. */
static bool storable(const char *name)
{
	static const char *const prefixes[] = {"user.", "trusted.", "security."};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/*
 * A list or a value of any size into a buffer that grows: bytes, or a negative errno. `name` is NULL
 * for the list.
 */
static ssize_t fetch(const char *path, const char *name, char **buffer, size_t *room)
{
	for (;;) {
		ssize_t size = -1;
		char *grown;

		if (*room) {
			size = name ? lgetxattr(path, name, *buffer, *room)
				    : llistxattr(path, *buffer, *room);
			if (size >= 0 || errno != ERANGE)
				return size >= 0 ? size : -errno;
		}
		grown = realloc(*buffer, *room ? *room * 2 : 1024);
		if (!grown)
			return -ENOMEM;
		*buffer = grown;
		*room = *room ? *room * 2 : 1024;
	}
}

static int take_one(struct attributes *attributes, const char *path, const char *name,
		    struct inode *inode)
{
	ssize_t size;

	if (!storable(name))
		return refuse(attributes, name);
	size = fetch(path, name, &attributes->value, &attributes->value_room);
	if (size == -ENODATA)
		return 0; /* gone between the list and now */
	if (size < 0)
		return (int)size;
	return inode_set_xattr(inode, name, attributes->value, (size_t)size);
}

/* Surely none: most files have no attributes, and since Linux 6.13 that can be asked quickly. */
static bool has_none(struct attributes *attributes, int dirfd, const char *name)
{
	long size;

	if (attributes->old_kernel)
		return false;
	size = syscall(SYS_listxattrat, dirfd, name, AT_SYMLINK_NOFOLLOW | (*name ? 0 : AT_EMPTY_PATH),
		       NULL, 0);
	attributes->old_kernel = size < 0 && (errno == ENOSYS || errno == EPERM);
	return size == 0;
}

/* Before that no call takes a descriptor of a link or a device, so the way leads through /proc. */
int attributes_take(struct attributes *attributes, int dirfd, const char *name, struct node *node,
		    struct error *err)
{
	char path[NAME_MAX + 64];
	ssize_t size;
	int r = 0;

	if (has_none(attributes, dirfd, name))
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dirfd, *name ? name : ".");
	size = fetch(path, NULL, &attributes->names, &attributes->names_room);
	if (size == -EOPNOTSUPP || size == 0)
		return 0;
	if (size == -ENOENT && access("/proc/self/fd", F_OK) < 0)
		return error_set(err, -ENOENT, "cannot read extended attributes without /proc; "
					       "mount it or leave them out");
	if (size < 0)
		r = (int)size;
	for (ssize_t at = 0; at < size && r == 0; at += (ssize_t)strlen(attributes->names + at) + 1)
		r = take_one(attributes, path, attributes->names + at, node->inode);
	if (r < 0) {
		_cleanup_(freep) char *where = node_path(node);

		return error_code(err, r, "cannot read the extended attributes of '%s'",
				  where ? where : name);
	}
	return 0;
}
