// SPDX-License-Identifier: BSD-2-Clause
#include "pack/evidence/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"

struct made_list {
	const struct evidence *evidence;
	ARRAY(struct evidence_made) items; /* paths are owned */
};

static void made_list_release(struct made_list *made)
{
	for (size_t i = 0; i < made->items.count; i++)
		free((char *)made->items.items[i].path);
	array_release(&made->items);
}

static int list_made(struct node *node, void *data)
{
	static const char prefix[] = "/rootfs/";
	struct evidence_made made = {.kind = entry_kind_of_mode(node->inode->mode)};
	_cleanup_(freep) char *path = node_path(node), *inside = NULL;
	struct made_list *list = data;

	if (!path)
		return -ENOMEM;
	if (strncmp(path, prefix, strlen(prefix)) != 0 ||
	    evidence_find(list->evidence, path + strlen(prefix) - 1))
		return 0;
	inside = strdup(path + strlen(prefix) - 1);
	made.path = inside;
	if (!inside || array_push(&list->items, made) < 0)
		return -ENOMEM;
	take(inside);
	return 0;
}

int evidence_add_tree(struct evidence *evidence, struct tree *tree, struct error *err)
{
	_cleanup_(made_list_release) struct made_list list = {.evidence = evidence};

	if (tree_walk(tree, list_made, &list) < 0)
		return error_oom(err);
	return evidence_add_made(evidence, list.items.items, list.items.count, err);
}
