// SPDX-License-Identifier: BSD-2-Clause
#include "pack/layer/path.h"

#include <errno.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/base/text.h"

enum { LINKS_MAX = 40 }; /* as the kernel */

static bool part_is(const char *part, size_t length, const char *what)
{
	return strlen(what) == length && memcmp(part, what, length) == 0;
}

/* ---- as text ---- */

/* Take the last part off again; false: there is none. */
static bool drop_part(char *clean, size_t *size)
{
	if (*size == 0)
		return false;
	while (*size && clean[--*size] != '/')
		;
	return true;
}

static void add_part(char *clean, size_t *size, const char *part, size_t length)
{
	if (*size)
		clean[(*size)++] = '/';
	memcpy(clean + *size, part, length);
	*size += length;
}

int layer_name_clean(const char *name, const char *what, char ret_clean[LAYER_PATH_MAX + 1],
		     struct error *err)
{
	const char *rest = name, *part;
	size_t length, size = 0;

	if (!name || !*name)
		return error_set(err, -EBADMSG, "%s is empty", what);
	if (strlen(name) > LAYER_PATH_MAX)
		return error_set(err, -ENAMETOOLONG, "%s '%.60s…' is longer than %d bytes", what,
				 name, LAYER_PATH_MAX);
	while ((part = path_next(&rest, &length))) {
		if (part_is(part, length, "."))
			continue;
		if (length > LAYER_PART_MAX)
			return error_set(err, -ENAMETOOLONG,
					 "%s '%.60s…' has a part of more than %d bytes", what, name,
					 LAYER_PART_MAX);
		if (!part_is(part, length, ".."))
			add_part(ret_clean, &size, part, length);
		else if (!drop_part(ret_clean, &size))
			return error_set(err, -EBADMSG, "%s '%s' leads out of the root", what, name);
	}
	if (size == 0)
		ret_clean[size++] = '.';
	ret_clean[size] = '\0';
	return 0;
}

/* ---- through the links of a tree ---- */

/*
 * A walk goes on behind what is not there: a later entry may bring it. ".." then takes back the part
 * before it, whatever that would have been.
 */
struct walk {
	struct node *at;	  /* as far as there is something */
	struct text missing;	  /* "/a/b": below that, and not there */
	int absent;		  /* why something was missing on the way; 0: nothing was */
	const struct node *outside; /* the link that led out of the root; or NULL */
	int links;
};

static void walk_release(struct walk *walk)
{
	text_release(&walk->missing);
}

static struct node *child_of(const struct walk *walk, const char *part, size_t length)
{
	char name[LAYER_PART_MAX + 1];

	if (walk->missing.size || length > LAYER_PART_MAX || !node_is_dir(walk->at))
		return NULL;
	memcpy(name, part, length);
	name[length] = '\0';
	return node_child(walk->at, name);
}

static void walk_up(struct walk *walk, const struct node *link)
{
	if (walk->missing.size) {
		walk->missing.size = (size_t)(strrchr(walk->missing.bytes, '/') -
					      walk->missing.bytes);
		walk->missing.bytes[walk->missing.size] = '\0';
		return;
	}
	if (!node_is_dir(walk->at) && !walk->absent)
		walk->absent = -ENOTDIR;
	if (walk->at == walk->at->parent)
		walk->outside = link;
	walk->at = walk->at->parent;
}

static int walk_beyond(struct walk *walk, const char *part, size_t length)
{
	if (!walk->absent)
		walk->absent = node_is_dir(walk->at) ? -ENOENT : -ENOTDIR;
	text_add_char(&walk->missing, '/');
	return text_add_bytes(&walk->missing, part, length);
}

/* `link` is the one whose target the path is; NULL: none. The depth is bounded by the count of links. */
static int walk_along(struct walk *walk, const char *path, const struct node *link)
{
	const char *rest = path, *part;
	size_t length;
	int r = 0;

	if (path[0] == '/') {
		walk->at = tree_root(node_tree(walk->at));
		text_clear(&walk->missing);
	}
	while (r == 0 && (part = path_next(&rest, &length))) {
		struct node *child;

		if (part_is(part, length, "."))
			continue;
		if (part_is(part, length, "..")) {
			walk_up(walk, link);
			continue;
		}
		child = child_of(walk, part, length);
		if (!child)
			r = walk_beyond(walk, part, length);
		else if (!S_ISLNK(child->inode->mode))
			walk->at = child;
		else if (++walk->links > LINKS_MAX)
			r = -ELOOP;
		else
			r = walk_along(walk, child->inode->target, child);
	}
	return r;
}

int tree_resolve(const struct tree *tree, const char *path, struct node **ret_node)
{
	_cleanup_(walk_release) struct walk walk = {.at = tree_root(tree), .missing = TEXT_INIT};
	int r = walk_along(&walk, path, NULL);

	if (r == 0)
		r = walk.absent;
	if (r == 0)
		*ret_node = walk.at;
	return r;
}

/* ---- places for entries ---- */

/* As mkdir(2) by root does it, for that is what others call. */
static int make_directory(struct node **at, const char *name)
{
	const struct inode *above = (*at)->inode;
	uint32_t gid = above->mode & S_ISGID ? above->gid : 0;
	int r = node_add(*at, name, S_IFDIR | (above->mode & S_ISGID) | 0755, at);

	if (r == 0)
		(*at)->inode->gid = gid;
	return r;
}

static int make_missing(struct walk *walk, struct error *err)
{
	const char *rest = walk->missing.bytes, *part;
	size_t length;

	while ((part = path_next(&rest, &length))) {
		char name[LAYER_PART_MAX + 1];
		int r;

		if (length > LAYER_PART_MAX)
			return error_set(err, -ENAMETOOLONG,
					 "leads through a symbolic link to a name of more than %d bytes",
					 LAYER_PART_MAX);
		memcpy(name, part, length);
		name[length] = '\0';
		r = make_directory(&walk->at, name);
		if (r < 0)
			return error_code(err, r, "needs a directory that cannot be added");
	}
	text_clear(&walk->missing);
	return 0;
}

static int walk_failed(const struct walk *walk, int code, struct error *err)
{
	_cleanup_(freep) char *path = NULL;

	if (code == -ELOOP)
		return error_set(err, -EBADMSG, "leads through more than %d symbolic links",
				 LINKS_MAX);
	if (code < 0)
		return error_oom(err);
	path = node_path(walk->outside);
	return path ? error_set(err, -EBADMSG,
				"leads out of the root through the symbolic link '%s'", path + 1)
		    : error_oom(err);
}

/* "/usr/bin" has 8 bytes; the root none. */
static size_t path_length(const struct node *node)
{
	size_t length = 0;

	for (; node != node->parent; node = node->parent)
		length += strlen(node->name) + 1;
	return length;
}

int layer_find(struct tree *tree, const char *clean, bool make, struct layer_place *ret_place,
	       struct error *err)
{
	_cleanup_(walk_release) struct walk walk = {.at = tree_root(tree), .missing = TEXT_INIT};
	const char *slash = strrchr(clean, '/'), *last = slash ? slash + 1 : clean;
	_cleanup_(freep) char *directory = strndup(clean, (size_t)(last - clean));
	int r;

	if (!directory)
		return error_oom(err);
	r = walk_along(&walk, directory, NULL);
	if (r < 0 || walk.outside)
		return walk_failed(&walk, r, err);
	/* links lead deeper than names can say, one below the other without an end */
	if (path_length(walk.at) + walk.missing.size + strlen(last) > LAYER_PATH_MAX)
		return error_set(err, -ENAMETOOLONG, "leads through a symbolic link to a path of more than %d bytes",
				 LAYER_PATH_MAX);
	if (make && !node_is_dir(walk.at))
		return error_set(err, -EBADMSG, "is below a file, not a directory");
	if (make && (r = make_missing(&walk, err)) < 0)
		return r;
	ret_place->directory = walk.missing.size || !node_is_dir(walk.at) ? NULL : walk.at;
	strcpy(ret_place->name, strcmp(last, ".") == 0 ? "" : last);
	return 0;
}
