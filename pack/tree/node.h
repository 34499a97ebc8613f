/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A *node* is one name in one directory. Names that are hard links of each other are separate nodes
 * that share one struct inode, which holds everything but the name: mode, owner, time, contents.
 * This is the ground the tree stands on: what they are, and the ways from node to node.
 */
#ifndef PACK_TREE_NODE_H
#define PACK_TREE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

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
	bool unread : 1;   /* used, but only looked at: the contents were not */
	bool light : 1;    /* large and seldom read: not worth the effort of a high level */
	bool recorded : 1; /* another file knows its time: no writer gives it another */
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

/* It is used as the order-th (from 1), or one of its names is; the first use counts. */
void inode_used(struct inode *inode, uint64_t order, bool read);

/* The canonical path; the caller frees. NULL: out of memory. */
char *node_path(const struct node *node);
/* Likewise, from the directory that has a rootfd on, which *ret_rootfd becomes; -1: none has. */
char *node_source(const struct node *node, int *ret_rootfd);

/*
 * Walk depth first, parents before children, from `top` on. A visitor that returns non-zero ends the
 * walk, which returns that.
 */
int node_walk(struct node *top, int (*visit)(struct node *node, void *data), void *data);

#endif
