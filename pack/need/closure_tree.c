// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/closure_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "pack/source/scan.h"

enum { REPLACEMENT_MAX = 256 * 1024 * 1024 };

/* Directories that whoever runs the root mounts over, made where nothing brought them in. */
static const struct {
	const char *name;
	uint32_t mode;
} mount_points[] = {
	{"dev", 0755}, {"proc", 0555}, {"run", 0755}, {"sys", 0555}, {"tmp", 01777},
};

static int replace_contents(struct node *node, const struct rule *rule, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r;

	if (!S_ISREG(node->inode->mode))
		return error_set(err, -EINVAL, "%s: '%s' is not a regular file", rule->where,
				 rule->pattern);
	r = io_read_file(AT_FDCWD, rule->file, REPLACEMENT_MAX, &text, err);
	if (r < 0)
		return error_prefix(err, r, "%s", rule->where);
	content_release(&node->inode->content);
	return inode_set_bytes(node->inode, text.bytes, text.size) < 0 ? error_oom(err) : 0;
}

/* What rules change about a node; each kind by its last match. */
static int apply_changes(struct node *node, const char *path, const struct rules *rules,
			 struct error *err)
{
	bool mode = false, owner = false, contents = false;
	int r = 0;

	for (size_t i = rules ? rules->count : 0; i-- > 0 && r == 0;) {
		struct rule *rule = &rules->items[i];

		if (rule->verb < RULE_REPLACE || !rule_covers(rule, path))
			continue;
		rule->matched++;
		if (rule->verb == RULE_MODE && !mode) {
			node->inode->mode = (node->inode->mode & S_IFMT) | rule->mode;
			mode = true;
		} else if (rule->verb == RULE_OWNER && !owner) {
			node->inode->uid = rule->uid;
			node->inode->gid = rule->gid;
			owner = true;
		} else if (rule->verb == RULE_REPLACE && !contents) {
			r = replace_contents(node, rule, err);
			contents = true;
		}
	}
	return r;
}

static int add_entry(struct scan *scan, struct tree *tree, const struct closure *closure,
		     const struct closure_entry *entry, struct error *err)
{
	struct node *node;
	int r;

	r = scan_path(scan, tree, entry->file->path, &node, err);
	if (r < 0)
		return r;
	if (entry->order)
		inode_used(node->inode, entry->order, selected_is_read(entry->selected));
	if (S_ISREG(node->inode->mode) && !entry->contents)
		content_release(&node->inode->content); /* a hole of the same size */
	return apply_changes(node, entry->file->path, closure->options.rules, err);
}

static int add_mount_points(struct node *top, struct error *err)
{
	for (size_t i = 0; i < sizeof(mount_points) / sizeof(*mount_points); i++) {
		struct node *node;
		int r;

		if (node_child(top, mount_points[i].name))
			continue;
		r = node_add(top, mount_points[i].name, S_IFDIR | mount_points[i].mode, &node);
		if (r < 0)
			return error_code(err, r, "cannot add /%s", mount_points[i].name);
		node->inode->mtime = top->inode->mtime;
	}
	return 0;
}

int closure_tree(struct closure *closure, struct node *top, struct error *err)
{
	struct scan_options options = {.top = top};
	_cleanup_(scan_freep) struct scan *scan = NULL;
	struct node *root;
	int r;

	if (scan_new(source_fd(closure->source), &options, &scan) < 0)
		return error_oom(err);
	r = scan_path(scan, node_tree(top), "/", &root, err);
	for (size_t i = 0; i < closure->entries.count && r == 0; i++) {
		r = closure_check_cancel(closure, err);
		if (r == 0 && closure_entry_in(closure->entries.items[i]))
			r = add_entry(scan, node_tree(top), closure, closure->entries.items[i], err);
	}
	if (r == 0)
		r = add_mount_points(top, err);
	if (r == 0 && scan_warnings(scan) && closure_warn(closure, "%s", scan_warnings(scan)) < 0)
		r = error_oom(err);
	return r;
}

static int clear_scratch(struct node *node, void *data)
{
	(void)data;
	node->inode->scratch = 0;
	return 0;
}

static void total_node(const struct node *node, struct tree_totals *totals)
{
	switch (node->inode->mode & S_IFMT) {
	case S_IFREG:
		totals->files++;
		if (inode_content(node->inode) != CONTENT_NONE && !node->inode->scratch++)
			totals->bytes += node->inode->size;
		break;
	case S_IFLNK:
		totals->links++;
		break;
	case S_IFDIR:
		totals->directories++;
		for (uint32_t i = 0; i < node_child_count(node); i++)
			total_node(node_child_at(node, i), totals);
		break;
	default:
		totals->others++;
	}
}

void tree_total(struct node *top, struct tree_totals *ret_totals)
{
	*ret_totals = (struct tree_totals){0};
	tree_walk(node_tree(top), clear_scratch, NULL);
	total_node(top, ret_totals);
	tree_walk(node_tree(top), clear_scratch, NULL);
}
