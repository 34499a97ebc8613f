// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/traced_layer.h"

#include <errno.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"

static int insert(struct tree *tree, const char *path, mode_t mode, struct node **ret_node, struct error *err)
{
	int r = tree_insert(tree, path, mode, ret_node, NULL);

	return r == -EEXIST ? error_set(err, r, "the root has a %s already", path) : r < 0 ? error_oom(err) : 0;
}

static int add_file(struct tree *tree, const char *path, mode_t mode, int fd, struct error *err)
{
	struct node *node;
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return error_errno(err, "cannot read what becomes %s", path);
	r = insert(tree, path, S_IFREG | mode, &node, err);
	if (r < 0)
		return r;
	node->inode->size = (uint64_t)st.st_size;
	node->inode->content.kind = CONTENT_RANGE;
	node->inode->content.fd = fd;
	return 0;
}

static int add_description(struct tree *tree, const struct traced_layer *layer, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	struct node *node;
	int r;

	text_printf(&text, TRACED_SESSION "%s\n%s\n", layer->id, layer->user ? layer->user : "");
	if (text_failed(&text))
		return error_oom(err);
	r = insert(tree, TRACED_FILE, S_IFREG | 0644, &node, err);
	return r < 0 ? r : inode_set_bytes(node->inode, text.bytes, text.size) < 0 ? error_oom(err) : 0;
}

int traced_layer_add(struct tree *tree, const struct traced_layer *layer, struct error *err)
{
	struct node *node;
	int r = add_file(tree, TRACED_PROGRAM, 0755, layer->program, err);

	if (r == 0)
		r = insert(tree, TRACED_VOLUME, S_IFDIR | 0700, &node, err);
	if (r == 0)
		r = add_description(tree, layer, err);
	return r < 0 || layer->manifest < 0 ? r : add_file(tree, TRACED_MANIFEST, 0644, layer->manifest, err);
}
