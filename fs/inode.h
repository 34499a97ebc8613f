/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nodes: what the kernel holds inode numbers of. There is one node per (parent, name), not one per
 * file, so that each hard link keeps the name it was used by and two mounts with equal inode numbers
 * never meet. A node is its own fuse_ino_t.
 *
 * No node holds a descriptor of its own: it is reached as (descriptor of the parent directory, name),
 * and the descriptors of directories are kept in a least-recently-used list of NODE_DIRECTORIES. The
 * exceptions are pinned: the roots of other mounts, and what is about to lose its name.
 *
 * Lock order: table->lock is a leaf; it is never held over a system call that may touch the disk.
 */
#ifndef FS_INODE_H
#define FS_INODE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "db/base/error.h"
#include "db/base/hash.h"

enum { NODE_DIRECTORIES = 256 };

enum node_flags {
	NODE_NAMED = 1 << 0,   /* in the table: (parent, name) still leads to it */
	NODE_CREATED = 1 << 1, /* made by the run itself */
	NODE_IGNORED = 1 << 2, /* the operator wants to hear nothing of it */
	NODE_SEEN = 1 << 3,    /* what it is was told to the aggregator */
};

/* What a node's backing says besides 0, not tried yet, and more than 0, the kernel's id for it. */
enum { NODE_NO_BACKING = -1 };

struct directory; /* an open one in the list */

/* What only a renamed node has. */
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
	char first_name[];      /* until it is renamed */
};

struct node_table {
	pthread_mutex_t lock;
	struct hash nodes;
	struct node *root;
	struct directory *newest, *oldest; /* of the open directories */
	unsigned int directories;
	void (*forgotten)(void *owner, struct node *node); /* just before a node is freed */
	void *owner;
};

/* Takes ownership of root_fd (O_PATH). */
int node_table_init(struct node_table *table, int root_fd, struct error *err);
void node_table_release(struct node_table *table);

/*
 * Where a node is for the *at() calls: (fd, name), with name "" and AT_EMPTY_PATH in flags where the
 * descriptor is the thing itself.
 */
struct place {
	int fd;
	int flags; /* AT_SYMLINK_NOFOLLOW, perhaps AT_EMPTY_PATH */
	struct node_table *table;
	struct directory *directory; /* held by table->lock; NULL for a pinned node */
	char name[256];
};

/* 0 or a negative errno; place_release() gives the descriptor back. */
int node_place(struct node_table *table, struct node *node, struct place *ret_place);
/* A name in a directory node. */
int node_child_place(struct node_table *table, struct node *directory, const char *name,
		     struct place *ret_place);
/* The directory itself, as a descriptor (O_PATH) with name "". */
int node_directory_place(struct node_table *table, struct node *directory,
			 struct place *ret_place);
void place_release(struct place *place);

/* fstatat() at a place. */
int place_stat(const struct place *place, struct stat *ret_st);
/* openat() at a place: 0 or more, or a negative errno. Works where the place is a descriptor too. */
int place_open(const struct place *place, int flags);
/*
 * A path for calls without an *at() form, below /proc/self/fd. Where the place is a bare descriptor
 * the call has to follow links to reach it; where it has a name it must not.
 */
const char *place_proc_path(const struct place *place, char *buffer, size_t size);

/*
 * The node for what stat says is at (parent, name), with one more reference of the kernel; made when
 * it is new or when another file took the name. pin >= 0 is the descriptor of a mount's root, owned
 * by the node if it is new, closed otherwise.
 */
int node_lookup(struct node_table *table, struct node *parent, const char *name,
		const struct stat *st, int pin, struct node **ret_node);

void node_ref(struct node_table *table, struct node *node);
void node_unref(struct node_table *table, struct node *node);
void node_forget(struct node_table *table, struct node *node, uint64_t nlookup);

/* The node of this name when the kernel knows one, referenced; or NULL. */
struct node *node_find(struct node_table *table, struct node *parent, const char *name);

/* Before its name goes: keep a descriptor. Errors are not fatal: the file may be gone after. */
void node_pin(struct node_table *table, struct node *node);
/* Its name is gone. */
void node_unlinked(struct node_table *table, struct node *node);
/* (parent, name) became (new_parent, new_name). What was there loses its name. */
int node_renamed(struct node_table *table, struct node *node, struct node *new_parent,
		 const char *new_name);
/* Each took the other's name. */
int node_exchanged(struct node_table *table, struct node *a, struct node *b);

/*
 * The path inside the root by which the node is recorded, or of a name in it. Uses buffer when it is
 * large enough, otherwise the caller frees what is returned. NULL: out of memory.
 */
char *node_path(struct node_table *table, const struct node *node, const char *name, char *buffer,
		size_t size, size_t *ret_length);

uint16_t node_flag(struct node_table *table, struct node *node, uint16_t set);

#endif
