/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The waist: what an image, a layer or a package is made of, as directories and nodes in memory.
 * Closures, directory scans and layers fill a tree; the image writer and the layer writer read it.
 * Nothing here knows where the nodes came from or what format they go to.
 *
 * A *node* is one name in one directory. Names that are hard links of each other are separate nodes
 * that share one struct inode, which holds everything but the name: mode, owner, time, contents.
 * Children are found by name in O(1) and walked in byte order of their names (tree_sort()).
 * Memory: a node and its inode take some 110 bytes and the name, while it grows some 20 more.
 */
#ifndef PACK_TREE_TREE_H
#define PACK_TREE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "db/base/error.h"

struct tree;

/* Where the bytes of a regular file are. */
enum content_kind {
	CONTENT_NONE,  /* nothing: size 0, or all a hole */
	CONTENT_FILE,  /* a file on the disk where the node was scanned; see directory.rootfd */
	CONTENT_RANGE, /* size bytes of an open file (a content file) from offset on */
	CONTENT_BYTES, /* in memory */
};

struct content {
	enum content_kind kind;
	int fd; /* of a range; borrowed, outlives the tree */
	union {
		uint64_t stamp;  /* of a file: what it was, so that one replaced since is an error */
		uint64_t offset; /* of a range */
		char *data;      /* bytes; owned */
	};
};

/* One extended attribute; names are whole ("user.mime_type"), values are bytes. */
struct xattr {
	char *name;
	char *value;
	size_t size;
};

struct xattr_list {
	struct xattr *items; /* sorted by name; owned */
	size_t count;
};

struct node;

struct directory {
	struct tree *tree;
	struct node **children; /* in byte order after tree_sort(); see node_child_at() */
	uint32_t child_count;
	/*
	 * The directory on the disk that this one stands for; files below are found by their path from
	 * here, so that no node stores one. -1: the parent's matters. Borrowed, outlives the tree.
	 */
	int rootfd;
};

/* There are as many of these as files: each field costs, so they are no wider than they must be. */
struct inode {
	uint16_t mode;   /* S_IFMT and 07777; the S_IFMT it was added with stays */
	bool unread;     /* used, but only looked at: the contents were not */
	bool light;      /* large and seldom read: not worth the effort of a high level */
	uint32_t uid, gid;
	uint32_t nlink;  /* names in this tree; kept by the tree. Of directories: not kept */
	int64_t mtime;   /* seconds since 1970; may be negative */
	uint64_t size;   /* regular files: bytes */
	uint32_t order;  /* when it is first used: 1 first; 0 never, or unknown */
	uint32_t number; /* the writer's own use */
	uint64_t scratch; /* likewise */
	struct xattr_list *xattrs; /* or NULL; owned */
	union { /* by kind; where the kind is not known, ask inode_content(), _target() and _rdev() */
		struct content content;      /* regular files */
		struct directory *directory; /* owned by the tree */
		char *target;                /* links: owned */
		dev_t rdev;                  /* devices */
	};
};

struct node {
	struct node *parent; /* the root is its own parent */
	struct inode *inode; /* shared by hard links; owned by the tree */
	uint32_t index; /* of this node among its parent's children */
	char name[]; /* the root's is "" */
};

/* A tree with a root directory of mode 0755, owner 0:0, mtime 0. */
int tree_new(struct tree **ret_tree);
void tree_free(struct tree *tree);
void tree_freep(struct tree **tree);
struct node *tree_root(const struct tree *tree);

uint64_t tree_node_count(const struct tree *tree);  /* names, the root included */
uint64_t tree_inode_count(const struct tree *tree); /* inodes, the root included */

static inline bool node_is_dir(const struct node *node)
{
	return S_ISDIR(node->inode->mode);
}

/* 0 of what is no directory. */
static inline uint32_t node_child_count(const struct node *node)
{
	return node_is_dir(node) ? node->inode->directory->child_count : 0;
}

static inline struct node *node_child_at(const struct node *directory, uint32_t index)
{
	return directory->inode->directory->children[index];
}

static inline struct tree *node_tree(const struct node *node)
{
	return (node_is_dir(node) ? node : node->parent)->inode->directory->tree;
}

static inline enum content_kind inode_content(const struct inode *inode)
{
	return S_ISREG(inode->mode) ? inode->content.kind : CONTENT_NONE;
}

/* NULL of what is no link. */
static inline const char *inode_target(const struct inode *inode)
{
	return S_ISLNK(inode->mode) ? inode->target : NULL;
}

/* 0 of what is no device. */
static inline dev_t inode_rdev(const struct inode *inode)
{
	return S_ISBLK(inode->mode) || S_ISCHR(inode->mode) ? inode->rdev : 0;
}

/* Children in byte order, in all directories; the writers call it. Adding nodes undoes it. */
int tree_sort(struct tree *tree);
/*
 * Sort, and give back what only a growing tree needs: from now on a name is found in O(log n) of its
 * siblings and removed in O(n). Adding one undoes that, too.
 */
int tree_settle(struct tree *tree);

/* The child with this name, or NULL. */
struct node *node_child(const struct node *directory, const char *name);
/* The node at a canonical path ("/" is the root), or NULL; links are not followed. */
struct node *tree_find(const struct tree *tree, const char *path);

/*
 * Add a name with an inode of its own, which starts with this mode and is otherwise zero; the caller
 * fills it in. -EEXIST when the name is taken, -ENOTDIR when `directory` is none, -ENAMETOOLONG over
 * 255 bytes, -EINVAL for "", ".", ".." or a slash, -ENOMEM.
 */
int node_add(struct node *directory, const char *name, uint32_t mode, struct node **ret_node);
/* Add a name for the inode of `peer`, which is not a directory: a hard link. Errors as above. */
int node_link(struct node *directory, const char *name, struct node *peer,
	      struct node **ret_node);
/* Take a name out, with everything below it. The root stays. */
void node_remove(struct node *node);
/* Remove every child of a directory. */
void node_clear(struct node *directory);

/*
 * node_add() at a canonical path, making missing parents as directories of mode 0755, 0:0, mtime 0
 * (*ret_parents_made counts them; may be NULL).
 */
int tree_insert(struct tree *tree, const char *path, uint32_t mode, struct node **ret_node,
		uint64_t *ret_parents_made);

/* The canonical path; the caller frees. NULL: out of memory. */
char *node_path(const struct node *node);
/* Likewise, from the directory that has a rootfd on, which *ret_rootfd becomes; -1: none has. */
char *node_source(const struct node *node, int *ret_rootfd);

/* Set one attribute (the value is copied), replacing one of the same name: 0 or -ENOMEM. */
int inode_set_xattr(struct inode *inode, const char *name, const void *value, size_t size);
const struct xattr *inode_xattr(const struct inode *inode, const char *name);

/* It is used as the order-th (from 1), or one of its names is; the first use counts. */
void inode_used(struct inode *inode, uint64_t order, bool read);

/* Its contents are those of the file that has just been looked at. */
void inode_set_file(struct inode *inode, const struct stat *st);

/* Give an inode contents in memory (copied); sets size. 0 or -ENOMEM. */
int inode_set_bytes(struct inode *inode, const void *data, size_t size);

/*
 * Walk depth first, parents before children, in byte order when sorted. A visitor that returns
 * non-zero ends the walk, which returns that.
 */
int tree_walk(struct tree *tree, int (*visit)(struct node *node, void *data), void *data);

/*
 * Open the contents for reading: *ret_fd is the caller's to close and *ret_offset is where in it the
 * bytes start. For CONTENT_FILE the file is opened below its root without following links, and
 * checked: -ESTALE with err set "… changed while it was being packed" when it is another file, of
 * another size or time than when it was scanned. CONTENT_BYTES come as a memfd; CONTENT_NONE is
 * -EINVAL: there is nothing to open.
 */
int content_open(const struct node *node, int *ret_fd, uint64_t *ret_offset, struct error *err);

/*
 * The same question after the last byte was read: is the file that fd has open still what was
 * scanned? 0, or -ESTALE with err set. Contents of the other kinds cannot change.
 */
int content_check(const struct node *node, int fd, struct error *err);

/*
 * Free what the content owns and leave CONTENT_NONE; the size stays.
 */
void content_release(struct content *content);

#endif
