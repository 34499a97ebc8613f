// SPDX-License-Identifier: BSD-2-Clause
#include "pack/order.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"

static int apply_line(struct tree *tree, const char *line, size_t length, uint64_t place,
		      uint64_t *ret_unknown)
{
	_cleanup_(freep) char *copy = strndup(line, length);
	_cleanup_(freep) char *path = copy ? path_canonicalize(copy) : NULL;
	struct node *node;

	if (!path)
		return -ENOMEM;
	node = tree_find(tree, path);
	if (!node)
		++*ret_unknown;
	else if (!node->inode->order)
		node->inode->order = place;
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

int order_apply_file(struct tree *tree, const char *path, uint64_t *ret_known,
		     uint64_t *ret_unknown, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r;

	r = io_read_file(AT_FDCWD, path, ORDER_LARGEST, &text, err);
	if (r < 0)
		return r;
	r = order_apply(tree, text.bytes, text.size, ret_known, ret_unknown);
	return r < 0 ? error_oom(err) : 0;
}
