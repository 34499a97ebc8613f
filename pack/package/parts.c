// SPDX-License-Identifier: BSD-2-Clause
#include "pack/package/parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/digest.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "pack/tree/inodes.h"

int parts_add_directory(struct parts *parts, const char *name, struct node **ret_node,
			 struct error *err)
{
	int r = node_add(tree_root(parts->tree), name, S_IFDIR | 0755, ret_node);

	if (r < 0)
		return error_code(err, r, "cannot add '%s'", name);
	(*ret_node)->inode->mtime = parts->time;
	return 0;
}

int parts_note(struct parts *parts, const char *path, uint64_t size, const char *sha256,
		     struct error *err)
{
	json_t *part = json_pack("{s:I, s:s}", "size", (json_int_t)size, "sha256", sha256);

	return json_set(parts->noted, path, part) < 0 ? error_oom(err) : 0;
}

int parts_add_bytes(struct parts *parts, struct node *directory, const char *name, const char *bytes,
		     size_t size, struct error *err)
{
	_cleanup_(freep) char *path = NULL;
	char sha256[DIGEST_HEX_SIZE];
	struct node *node;
	int r = node_add(directory, name, S_IFREG | 0644, &node);

	if (r < 0)
		return error_code(err, r, "cannot add '%s'", name);
	node->inode->mtime = parts->time;
	path = node_path(node);
	if (!path || inode_set_bytes(node->inode, bytes, size) < 0 || digest_once_hex(bytes, size, sha256) < 0)
		return error_oom(err);
	return parts_note(parts, path + 1, size, sha256, err);
}

int parts_add_json(struct parts *parts, struct node *directory, const char *name, json_t *json,
		    struct error *err)
{
	json_auto_t *owned = json;
	_cleanup_(freep) char *text = owned ? json_document(owned) : NULL;

	return text ? parts_add_bytes(parts, directory, name, text, strlen(text), err) : error_oom(err);
}

/* One line per name of the root file system: all that is not in closure.json's digests. */
static int describe_node(struct node *node, void *data)
{
	const struct inode *inode = node->inode;
	const char *target = inode_target(inode);
	struct text *text = data;
	_cleanup_(freep) char *path = node_path(node);

	if (!path)
		return -ENOMEM;
	text_add_escaped(text, path);
	text_printf(text, "\t%o %u:%u %" PRId64 " %" PRIu64 " %" PRIu64 "\t", inode->mode, inode->uid,
		    inode->gid, inode->mtime, inode->size, (uint64_t)inode_rdev(inode));
	text_add_escaped(text, target ? target : "");
	for (size_t i = 0; inode->xattrs && i < inode->xattrs->count; i++) {
		const struct xattr *xattr = &inode->xattrs->items[i];

		text_printf(text, "\t%s=", xattr->name);
		text_add_bytes(text, xattr->value, xattr->size);
	}
	text_add_char(text, '\n');
	return 0;
}

int parts_identity(struct parts *parts, char ret_uuid[PACKAGE_UUID_SIZE], struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	_cleanup_(freep) char *noted = NULL;
	char hex[DIGEST_HEX_SIZE];
	int r;

	if (tree_sort(parts->tree) < 0 || tree_walk(parts->tree, describe_node, &text) < 0 ||
	    text_failed(&text) || digest_once_hex(text.bytes, text.size, hex) < 0)
		return error_oom(err);
	r = parts_note(parts, "rootfs", text.size, hex, err);
	if (r < 0)
		return r;
	noted = json_dumps(parts->noted, JSON_COMPACT | JSON_SORT_KEYS);
	if (!noted || digest_once_hex(noted, strlen(noted), hex) < 0)
		return error_oom(err);
	digest_uuid(hex, ret_uuid);
	return 0;
}
