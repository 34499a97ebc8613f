// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/order.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"
#include "db/manifest.h"
#include "pack/need/selection.h"

static int apply_line(struct tree *tree, const char *line, size_t length, uint64_t place,
		      uint64_t *ret_unknown)
{
	_cleanup_(freep) char *copy = strndup(line, length);
	_cleanup_(freep) char *path = copy ? path_canonicalize(copy) : NULL;
	struct node *node;

	if (!path)
		return -ENOMEM;
	node = tree_find(tree, path);
	if (node)
		inode_used(node->inode, place, true);
	else
		++*ret_unknown;
	return 0;
}

int order_apply(struct tree *tree, const char *list, size_t size, uint64_t *ret_known,
		uint64_t *ret_unknown)
{
	char separator = size && memchr(list, '\0', size) ? '\0' : '\n';
	uint64_t lines = 0;

	*ret_unknown = 0;
	while (size) {
		const char *end = memchr(list, separator, size);
		size_t length = end ? (size_t)(end - list) : size;
		int r;

		if (length && !(separator == '\n' && *list == '#')) {
			r = apply_line(tree, list, length, ++lines, ret_unknown);
			if (r < 0)
				return r;
		}
		length += end != NULL;
		list += length;
		size -= length;
	}
	*ret_known = lines - *ret_unknown;
	return 0;
}

static int apply_selection(struct tree *tree, const struct selection *selection,
			   uint64_t *ret_known, uint64_t *ret_unknown, struct error *err)
{
	_cleanup_(freep) uint64_t *orders = selection_orders(selection);

	if (!orders)
		return error_oom(err);
	*ret_known = *ret_unknown = 0;
	for (size_t i = 0; i < selection->count; i++) {
		const struct selected *selected = &selection->items[i];
		struct node *node = tree_find(tree, selected->path);

		if (node)
			inode_used(node->inode, orders[i], selected_is_read(selected));
		++*(node ? ret_known : ret_unknown);
	}
	return 0;
}

static int apply_manifest(struct tree *tree, const char *path, uint64_t *ret_known,
			  uint64_t *ret_unknown, struct error *err)
{
	static const struct selection_filter all = {.allow_interrupted = true};
	_cleanup_(manifest_closep) struct manifest *manifest = NULL;
	_cleanup_(selection_release) struct selection selection = SELECTION_INIT;
	int r = manifest_open(path, MANIFEST_READ, &manifest, err);

	if (r == 0)
		r = selection_from_sessions(manifest, &all, &selection, err);
	return r < 0 ? r : apply_selection(tree, &selection, ret_known, ret_unknown, err);
}

static bool is_manifest(const char *path)
{
	static const char magic[] = "SQLite format 3";
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char start[sizeof(magic)];

	return fd >= 0 && io_pread(fd, start, sizeof(start), 0) == sizeof(start) &&
	       memcmp(start, magic, sizeof(magic)) == 0;
}

int order_apply_file(struct tree *tree, const char *path, uint64_t *ret_known,
		     uint64_t *ret_unknown, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r;

	if (is_manifest(path))
		return apply_manifest(tree, path, ret_known, ret_unknown, err);
	r = io_read_file(AT_FDCWD, path, ORDER_LARGEST, &text, err);
	if (r < 0)
		return r;
	r = order_apply(tree, text.bytes, text.size, ret_known, ret_unknown);
	return r < 0 ? error_oom(err) : 0;
}
