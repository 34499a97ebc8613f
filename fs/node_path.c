// SPDX-License-Identifier: BSD-2-Clause
#include "fs/node_path.h"

#include <stdlib.h>
#include <string.h>

/* Put text before *at; counts even where there is no room. */
static void prepend(const char *buffer, char **at, const char *text, size_t length, size_t *total)
{
	*total += length;
	if ((size_t)(*at - buffer) >= length) {
		*at -= length;
		memcpy(*at, text, length);
	} else {
		*at = (char *)buffer; /* no room from here on */
	}
}

static const char *moved_from(const struct node *node)
{
	return node->moved ? node->moved->from : NULL;
}

/* Builds from the end of the buffer; returns the length the path has. */
static size_t path_build(const struct node *node, const char *name, char *buffer, size_t size,
			 char **ret_start)
{
	char *at = buffer + size - 1;
	size_t total = 0;

	*at = '\0';
	if (name) {
		prepend(buffer, &at, name, strlen(name), &total);
		prepend(buffer, &at, "/", 1, &total);
	}
	for (; node->parent && !moved_from(node); node = node->parent) {
		const char *part = node_name(node);

		prepend(buffer, &at, part, strlen(part), &total);
		prepend(buffer, &at, "/", 1, &total);
	}
	if (moved_from(node))
		prepend(buffer, &at, moved_from(node), strlen(moved_from(node)), &total);
	if (total == 0)
		prepend(buffer, &at, "/", 1, &total);
	*ret_start = at;
	return total;
}

char *node_path_build(const struct node *node, const char *name, char *buffer, size_t size,
		      size_t *ret_length)
{
	char *start, *large;
	size_t length = path_build(node, name, buffer, size, &start);

	if (length < size) {
		memmove(buffer, start, length + 1);
		*ret_length = length;
		return buffer;
	}
	large = malloc(length + 1);
	if (!large)
		return NULL;
	*ret_length = path_build(node, name, large, length + 1, &start);
	return large;
}
