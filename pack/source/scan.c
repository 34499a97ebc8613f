// SPDX-License-Identifier: BSD-2-Clause
#include "pack/source/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/hash.h"
#include "db/base/open_beneath.h"
#include "db/base/path.h"
#include "pack/source/attributes.h"

/* A file with more than one name on the disk: the node of the first one seen. */
struct peer {
	struct hash_link link;
	dev_t dev;
	ino_t ino;
	struct node *node;
};

struct scan {
	int rootfd;
	dev_t root_dev;
	bool root_taken;
	struct scan_options options;
	struct hash peers;
	const struct node *held; /* the directory looked into last, below the top, */
	int held_fd;             /* and its descriptor; -1: none yet */
	struct attributes attributes;
	uint64_t left_out;
};

int scan_new(int rootfd, const struct scan_options *options, struct scan **ret_scan)
{
	struct scan *scan = calloc(1, sizeof(*scan));

	if (!scan)
		return -ENOMEM;
	scan->rootfd = rootfd;
	scan->held_fd = -1;
	scan->attributes = (struct attributes)ATTRIBUTES_INIT;
	if (options)
		scan->options = *options;
	*ret_scan = scan;
	return 0;
}

void scan_free(struct scan *scan)
{
	struct hash_cursor cursor = {0};
	struct hash_link *link;

	if (!scan)
		return;
	while ((link = hash_each(&scan->peers, &cursor)))
		free(container_of(link, struct peer, link));
	hash_release(&scan->peers);
	closep(&scan->held_fd);
	attributes_release(&scan->attributes);
	free(scan);
}

void scan_freep(struct scan **scan)
{
	int saved = errno;

	scan_free(*scan);
	errno = saved;
}

uint64_t scan_left_out(const struct scan *scan)
{
	return scan->left_out;
}

const char *scan_warnings(const struct scan *scan)
{
	return attributes_warnings(&scan->attributes);
}

static int take_attributes(struct scan *scan, int dirfd, const char *name, struct node *node,
			   struct error *err)
{
	return scan->options.no_xattrs
		       ? 0
		       : attributes_take(&scan->attributes, dirfd, name, node, err);
}

/* --- one name ------------------------------------------------------------------------------- */

static void take_stat(struct inode *inode, const struct stat *st)
{
	inode->mode = (uint16_t)st->st_mode;
	inode->uid = st->st_uid;
	inode->gid = st->st_gid;
	inode->mtime = st->st_mtim.tv_sec;
	if (S_ISBLK(st->st_mode) || S_ISCHR(st->st_mode))
		inode->rdev = st->st_rdev;
	if (S_ISREG(st->st_mode))
		inode_set_file(inode, st);
}

static int take_target(int dirfd, struct node *node, struct error *err)
{
	char target[PATH_MAX + 1];
	ssize_t size = readlinkat(dirfd, node->name, target, sizeof(target) - 1);

	if (size < 0) {
		_cleanup_(freep) char *where = node_path(node);

		return error_errno(err, "cannot read the link '%s'", where ? where : node->name);
	}
	target[size] = '\0';
	node->inode->target = strdup(target);
	return node->inode->target ? 0 : error_oom(err);
}

static struct node *top_of(const struct scan *scan, const struct tree *tree)
{
	return scan->options.top ? scan->options.top : tree_root(tree);
}

static struct node *peer_find(const struct scan *scan, const struct stat *st)
{
	uint64_t hash = hash_pair(st->st_dev, st->st_ino);

	for (struct hash_link *l = hash_first(&scan->peers, hash); l; l = hash_next(l, hash)) {
		struct peer *peer = container_of(l, struct peer, link);

		if (peer->dev == st->st_dev && peer->ino == st->st_ino)
			return peer->node;
	}
	return NULL;
}

static int peer_remember(struct scan *scan, const struct stat *st, struct node *node)
{
	struct peer *peer = malloc(sizeof(*peer));

	if (!peer)
		return -ENOMEM;
	*peer = (struct peer){.dev = st->st_dev, .ino = st->st_ino, .node = node};
	if (hash_add(&scan->peers, &peer->link, hash_pair(st->st_dev, st->st_ino)) < 0) {
		free(peer);
		return -ENOMEM;
	}
	return 0;
}

static int refused_name(const struct node *directory, const char *name, int r, struct error *err)
{
	_cleanup_(freep) char *where = node_path(directory);

	return error_code(err, r, "cannot take '%s/%s'",
			  where && strcmp(where, "/") != 0 ? where : "", name);
}

/* The name in the directory that dirfd has open becomes a child of `directory`. */
static int take_name(struct scan *scan, struct node *directory, int dirfd, const char *name,
		     const struct stat *st, struct node **ret_node, struct error *err)
{
	bool shared = st->st_nlink > 1 && !S_ISDIR(st->st_mode);
	struct node *peer = shared ? peer_find(scan, st) : NULL;
	struct node *node;
	int r;

	if (peer) {
		r = node_link(directory, name, peer, ret_node);
		return r < 0 ? refused_name(directory, name, r, err) : 0;
	}
	r = node_add(directory, name, st->st_mode, &node);
	if (r < 0)
		return refused_name(directory, name, r, err);
	take_stat(node->inode, st);
	if (S_ISLNK(st->st_mode))
		r = take_target(dirfd, node, err);
	if (r == 0)
		r = take_attributes(scan, dirfd, name, node, err);
	if (r == 0 && shared && peer_remember(scan, st, node) < 0)
		r = error_oom(err);
	if (r < 0) {
		node_remove(node);
		return r;
	}
	*ret_node = node;
	return 0;
}

static int take_root(struct scan *scan, struct tree *tree, struct error *err)
{
	struct node *root = top_of(scan, tree);
	struct stat st;

	if (scan->root_taken)
		return 0;
	if (fstat(scan->rootfd, &st) < 0)
		return error_errno(err, "cannot look at the root directory");
	scan->root_dev = st.st_dev;
	scan->root_taken = true;
	root->inode->directory->rootfd = scan->rootfd;
	take_stat(root->inode, &st);
	return take_attributes(scan, scan->rootfd, "", root, err);
}

/*
 * The descriptor of a directory of the tree, `path` (so many bytes) in the source. It stays open:
 * neighbours come one after another.
 */
static int hold(struct scan *scan, const struct tree *tree, const struct node *directory,
		const char *path, size_t length, struct error *err)
{
	_cleanup_(freep) char *copy = NULL;
	int fd;

	if (directory == top_of(scan, tree))
		return scan->rootfd;
	if (directory == scan->held)
		return scan->held_fd;
	copy = strndup(path, length);
	if (!copy)
		return error_oom(err);
	fd = open_beneath(scan->rootfd, copy, O_PATH | O_DIRECTORY);
	if (fd < 0)
		return error_code(err, fd, "cannot open the directory '%s'", copy);
	closep(&scan->held_fd);
	scan->held = directory;
	return scan->held_fd = fd;
}

int scan_path(struct scan *scan, struct tree *tree, const char *path, struct node **ret_node,
	      struct error *err)
{
	struct node *at = top_of(scan, tree);
	const char *part, *rest = path;
	size_t length;
	int r;

	r = take_root(scan, tree, err);
	if (r < 0)
		return r;
	while ((part = path_next(&rest, &length))) {
		char name[NAME_MAX + 1];
		struct node *next;
		struct stat st;
		int dirfd;

		if (length > NAME_MAX)
			return error_set(err, -ENAMETOOLONG, "'%s' has a name over 255 bytes", path);
		memcpy(name, part, length);
		name[length] = '\0';
		next = node_child(at, name);
		if (!next) {
			dirfd = hold(scan, tree, at, path, (size_t)(part - path) - 1, err);
			if (dirfd < 0)
				return dirfd;
			if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
				return error_errno(err, "cannot look at '%s'", path);
			r = take_name(scan, at, dirfd, name, &st, &next, err);
			if (r < 0)
				return r;
		}
		at = next;
	}
	*ret_node = at;
	return 0;
}

/* --- the whole ------------------------------------------------------------------------------ */

/* Directories whose names have not been read yet. */
struct pending {
	ARRAY(struct node *) directories;
};

/* 1, 0, or -ENOMEM. */
static int is_wanted(const struct scan *scan, const char *directory, const char *name,
		     uint32_t mode)
{
	_cleanup_(freep) char *path = NULL;

	if (!scan->options.wanted)
		return 1;
	path = path_join(directory, name);
	return path ? scan->options.wanted(path, mode, scan->options.data) : -ENOMEM;
}

/* What went away between readdir() and now. */
static bool may_pass_over(struct scan *scan, int r)
{
	if (!scan->options.keep_going || r == -ENOMEM)
		return false;
	scan->left_out++;
	return true;
}

static int scan_entry(struct scan *scan, struct pending *pending, struct node *directory,
		      const char *path, int dirfd, const char *name, struct error *err)
{
	struct node *node;
	struct stat st;
	int r;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		r = error_errno(err, "cannot look at '%s/%s'", path[1] ? path : "", name);
		return may_pass_over(scan, r) ? 0 : r;
	}
	r = is_wanted(scan, path, name, st.st_mode);
	if (r <= 0)
		return r < 0 ? error_oom(err) : 0;
	r = take_name(scan, directory, dirfd, name, &st, &node, err);
	if (r < 0)
		return may_pass_over(scan, r) ? 0 : r;
	if (S_ISDIR(st.st_mode) && !(scan->options.xdev && st.st_dev != scan->root_dev) &&
	    array_push(&pending->directories, node) < 0)
		return error_oom(err);
	return 0;
}

/* Of the source, which may stand for a directory of the tree. The caller frees; NULL: no memory. */
static char *source_path_of(const struct scan *scan, const struct node *directory)
{
	const struct node *top = top_of(scan, node_tree(directory));
	_cleanup_(freep) char *path = node_path(directory), *base = node_path(top);
	const char *rest;

	if (top == top->parent || !path || !base)
		return base ? take(path) : NULL;
	rest = path + strlen(base);
	return strdup(*rest ? rest : "/");
}

static int scan_directory(struct scan *scan, struct pending *pending, struct node *directory,
			  struct error *err)
{
	_cleanup_(freep) char *path = source_path_of(scan, directory);
	_cleanup_(closedirp) DIR *dir = NULL;
	struct dirent *entry;
	int fd, r = 0;

	if (!path)
		return error_oom(err);
	fd = open_beneath(scan->rootfd, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		r = error_code(err, fd, "cannot read the directory '%s'", path);
		return may_pass_over(scan, r) ? 0 : r;
	}
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return error_oom(err);
	}
	while (r == 0 && (errno = 0, entry = readdir(dir)))
		r = scan_entry(scan, pending, directory, path, fd, entry->d_name, err);
	if (r == 0 && errno)
		r = error_errno(err, "cannot read the directory '%s'", path);
	return r;
}

int scan_all(struct scan *scan, struct tree *tree, struct error *err)
{
	struct pending pending = {ARRAY_INIT};
	int r;

	r = take_root(scan, tree, err);
	if (r == 0 && array_push(&pending.directories, top_of(scan, tree)) < 0)
		r = error_oom(err);
	while (r == 0 && pending.directories.count)
		r = scan_directory(scan, &pending,
				   pending.directories.items[--pending.directories.count], err);
	array_release(&pending.directories);
	return r;
}
