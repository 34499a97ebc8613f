// SPDX-License-Identifier: BSD-2-Clause
#include "pack/distro/records_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"

struct node *records_node(struct node *top, const char *path)
{
	struct node *node = top;
	const char *part;
	size_t length;

	while (node && (part = path_next(&path, &length))) {
		char name[256];

		if (!node_is_dir(node) || length >= sizeof(name))
			return NULL;
		memcpy(name, part, length);
		name[length] = '\0';
		node = node_child(node, name);
	}
	return node;
}

/* A name below a directory, made as the source has it where it is missing. */
static int make_node(struct source *source, struct node *parent, const char *path, uint32_t kind,
		     struct node **ret_node, struct error *err)
{
	const struct source_entry *entry = NULL;
	struct node *node = node_child(parent, path_name(path));
	int r;

	/* another name of the same file keeps what it has */
	if (node && kind == S_IFREG && node->inode->nlink > 1) {
		node_remove(node);
		node = NULL;
	}
	if (node) {
		*ret_node = node;
		return 0;
	}
	r = node_add(parent, path_name(path), kind | (kind == S_IFDIR ? 0755 : 0644), &node);
	if (r < 0)
		return error_code(err, r, "cannot add '%s'", path);
	if (source_look(source, path, &entry, NULL) == 0 && entry->kind != ENTRY_MISSING) {
		node->inode->mode = kind | entry->mode;
		node->inode->uid = entry->uid;
		node->inode->gid = entry->gid;
		node->inode->mtime = entry->mtime_ns / 1000000000;
	}
	*ret_node = node;
	return 0;
}

int records_file(struct source *source, struct node *top, const char *path,
		 const struct text *text, struct error *err)
{
	_cleanup_(text_release) struct text walked = TEXT_INIT;
	const char *rest = path, *part;
	struct node *node = top;
	size_t length;
	int r = 0;

	if (text_failed(text))
		return error_oom(err);
	while (r == 0 && (part = path_next(&rest, &length))) {
		text_add_char(&walked, '/');
		text_add_bytes(&walked, part, length);
		if (text_failed(&walked))
			return error_oom(err);
		if (!node_is_dir(node))
			return error_set(err, -ENOTDIR, "cannot add '%s': '%s' is no directory", path,
					 node->name);
		r = make_node(source, node, walked.bytes, *rest ? S_IFDIR : S_IFREG, &node, err);
	}
	if (r < 0)
		return r;
	if (!S_ISREG(node->inode->mode))
		return error_set(err, -EINVAL, "cannot replace '%s': it is no file", path);
	content_release(&node->inode->content);
	return inode_set_bytes(node->inode, text->bytes, text->size) < 0 ? error_oom(err) : 0;
}
