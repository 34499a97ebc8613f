/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A node: what the kernel holds an inode number of. There is one per (parent, name), not one per
 * file, so that each hard link keeps the name it was used by and two mounts with equal inode
 * numbers never meet. A node is its own fuse_ino_t.
 *
 * No node holds a descriptor of its own: how it is reached is fs/node_location.h. The exceptions are
 * pinned: the roots of other mounts, and what is about to lose its name.
 */
#ifndef FS_NODE_H
#define FS_NODE_H

#include <stdint.h>
#include <sys/types.h>

#include "db/base/hash.h"

struct directory;

enum node_flags {
	NODE_NAMED = 1 << 0,   /* in the table: (parent, name) still leads to it */
	NODE_CREATED = 1 << 1, /* made by the run itself */
	NODE_IGNORED = 1 << 2, /* the operator wants to hear nothing of it */
	NODE_SEEN = 1 << 3,    /* what it is was told to the aggregator */
	NODE_MERGED = 1 << 4,  /* a directory that a file system above lists with its own */
	NODE_LISTED_BELOW = 1 << 5, /* a directory in it was listed, which asks for its number */
	NODE_KEPT = 1 << 6,    /* it is among the last that were forgotten */
	NODE_ACL = 1 << 8,     /* it has an access control list that the kernel does not obey */
	NODE_SECOND = 1 << 9,  /* below the second root */
};

/* What a node's backing says besides 0, not tried yet, and more than 0, the kernel's id for it. */
enum { NODE_NO_BACKING = -1 };

/* What only a renamed node has: which are few. */
struct node_move {
	char *from;  /* its path inside the root before, where it was in the source; or NULL */
	char name[]; /* its name now */
};

/* Kept small: there may be hundreds of thousands of them. */
struct node {
	struct hash_link link;  /* by parent and name */
	struct node *parent;    /* NULL: the root */
	struct node_move *moved; /* NULL: it is where it was */
	struct directory *directory; /* its descriptor, when it is a directory and in the list */
	uint64_t nlookup;       /* the kernel's references */
	uint64_t ino;           /* of the file in its file system */
	uint32_t dev;           /* the low bits, enough to tell file systems apart */
	uint32_t refs;          /* child nodes and threads that hold it */
	uint32_t opens;         /* open files that use the backing */
	int32_t backing;        /* guarded by the table's lock, as all that changes here */
	int32_t pin;            /* an O_PATH descriptor of its own, or -1 */
	uint16_t type;          /* S_IFMT bits */
	uint16_t flags;
	uint32_t generation;    /* tells it from one that was at this address before */
	char first_name[];      /* until it is renamed */
};

/* What it is called now. Called with the table's lock held. */
static inline const char *node_name(const struct node *node)
{
	return node->moved ? node->moved->name : node->first_name;
}

#endif
