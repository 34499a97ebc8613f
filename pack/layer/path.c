// SPDX-License-Identifier: BSD-2-Clause
#include "pack/layer/path.h"

#include <errno.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"

enum { LINKS_MAX = 40 }; /* as the kernel */

static bool part_is(const char *part, size_t length, const char *what)
{
	return strlen(what) == length && memcmp(part, what, length) == 0;
}

int layer_name_check(const char *name, const char *what, struct error *err)
{
	const char *rest = name, *part;
	size_t length;

	if (!name || !*name)
		return error_set(err, -EBADMSG, "%s is empty", what);
	if (name[0] == '/')
		return error_set(err, -EBADMSG, "%s '%s' is absolute", what, name);
	if (strlen(name) > LAYER_PATH_MAX)
		return error_set(err, -ENAMETOOLONG, "%s '%.60s…' is longer than %d bytes", what,
				 name, LAYER_PATH_MAX);
	while ((part = path_next(&rest, &length))) {
		if (part_is(part, length, ".."))
			return error_set(err, -EBADMSG, "%s '%s' contains '..'", what, name);
		if (length > 255)
			return error_set(err, -ENAMETOOLONG,
					 "%s '%.60s…' has a part of more than 255 bytes", what,
					 name);
	}
	return 0;
}

/* ---- resolving links that are in the tree ---- */

static struct node *child_of(const struct node *directory, const char *part, size_t length)
{
	char name[256];

	if (length > 255)
		return NULL;
	memcpy(name, part, length);
	name[length] = '\0';
	return node_child(directory, name);
}

/* One walk through links; `escaped` remembers a ".." at the root. */
struct resolution {
	int links;
	bool escaped;
};

static int resolve_from(struct node *at, const char *path, struct resolution *resolution,
			struct node **ret_node)
{
	const char *rest = path, *part;
	size_t length;

	if (path[0] == '/')
		at = tree_root(node_tree(at));
	while ((part = path_next(&rest, &length))) {
		struct node *child;

		if (!node_is_dir(at))
			return -ENOTDIR;
		if (part_is(part, length, "."))
			continue;
		if (part_is(part, length, "..")) {
			resolution->escaped |= at == at->parent;
			at = at->parent;
			continue;
		}
		child = child_of(at, part, length);
		if (!child)
			return -ENOENT;
		if (S_ISLNK(child->inode->mode)) {
			int r;

			/* depth of the recursion is bounded by the count */
			if (++resolution->links > LINKS_MAX)
				return -ELOOP;
			r = resolve_from(at, child->inode->target, resolution, &child);
			if (r < 0)
				return r;
		}
		at = child;
	}
	*ret_node = at;
	return 0;
}

int tree_resolve(const struct tree *tree, const char *path, struct node **ret_node)
{
	struct resolution resolution = {0};

	return resolve_from(tree_root(tree), path, &resolution, ret_node);
}

/* ---- parents of entries ---- */

static int follow_link(const struct layer_walk *walk, const char *name, struct node *link,
		       struct node **ret_directory, struct error *err)
{
	_cleanup_(freep) char *path = node_path(link);
	struct resolution resolution = {0};
	struct node *target;
	int r;

	if (!path)
		return error_oom(err);
	if (walk->is_own && walk->is_own(link, walk->data))
		return error_set(
		    err, -EBADMSG,
		    "entry '%s' leads through the symbolic link '%s' of the same archive", name,
		    path + 1);
	r = resolve_from(link->parent, link->inode->target, &resolution, &target);
	if (resolution.escaped)
		return error_set(err, -EBADMSG,
				 "entry '%s' leads out of the root through the symbolic link '%s'",
				 name, path + 1);
	if (r == 0 && !node_is_dir(target))
		r = -ENOTDIR;
	if (r < 0)
		return error_code(
		    err, r == -ENOENT || r == -ELOOP ? -EBADMSG : r,
		    "entry '%s' leads through the symbolic link '%s', which leads nowhere", name,
		    path + 1);
	*ret_directory = target;
	return 0;
}

static int make_directory(const struct layer_walk *walk, struct node *at, const char *part,
			  size_t length, struct node **ret_node)
{
	char name[256];
	int r;

	memcpy(name, part, length);
	name[length] = '\0';
	r = node_add(at, name, S_IFDIR | 0755, ret_node);
	if (r == 0 && walk->made)
		r = walk->made(*ret_node, walk->data);
	return r;
}

/* From directory `at` into its child `part`, which some entry says is a directory. */
static int step(const struct layer_walk *walk, const char *name, struct node **at, const char *part,
		size_t length, bool make, struct error *err)
{
	struct node *child = child_of(*at, part, length);
	int r;

	if (!child && !make) {
		*at = NULL;
		return 0;
	}
	if (!child) {
		r = make_directory(walk, *at, part, length, at);
		return r < 0 ? error_oom(err) : 0;
	}
	if (S_ISLNK(child->inode->mode))
		return follow_link(walk, name, child, at, err);
	if (!node_is_dir(child))
		return error_set(err, -EBADMSG, "entry '%s' is below a file, not a directory",
				 name);
	*at = child;
	return 0;
}

int layer_find_parent(const struct layer_walk *walk, const char *name, bool make,
		      struct node **ret_directory, const char **ret_name, size_t *ret_length,
		      struct error *err)
{
	const char *rest = name, *part, *last = name;
	size_t length, last_length = 0;
	struct node *at = tree_root(walk->tree);

	while ((part = path_next(&rest, &length))) {
		if (part_is(part, length, "."))
			continue;
		if (last_length && at) {
			int r = step(walk, name, &at, last, last_length, make, err);

			if (r < 0)
				return r;
		}
		last = part;
		last_length = length;
	}
	*ret_directory = at;
	*ret_name = last;
	*ret_length = last_length;
	return 0;
}
