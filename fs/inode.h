/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of all nodes: which there are by name, and how many hold each.
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
#include "fs/directory.h"
#include "fs/kept.h"
#include "fs/node.h"

struct node_table {
	pthread_mutex_t lock; /* guards what follows and the nodes */
	struct hash nodes;    /* all but the root */
	struct node *root;
	struct node *second;  /* another root of the same, or NULL */
	struct directory_list directories; /* those that are open */
	struct kept kept;     /* what the kernel forgot last, for its file handles */
	uint32_t generation;  /* of the newest node */
	void (*forgotten)(void *owner, struct node *node); /* by the kernel, or about to be freed */
	void *owner;
};

enum { NODE_KEEP = 65536 };

/* Takes ownership of root_fd (O_PATH), also on failure. */
int node_table_init(struct node_table *table, int root_fd, struct error *err);
/* Make the second root: 0 or -ENOMEM. Takes ownership of root_fd, then. */
int node_table_second_root(struct node_table *table, int root_fd);
void node_table_release(struct node_table *table);

/*
 * The node for what stat says is at (parent, name), with one more reference of the kernel; made
 * when it is new or when another file took the name; 0 or -ENOMEM. pin >= 0 is the descriptor of a
 * mount's root, owned by the node if it is new, closed otherwise.
 */
int node_lookup(struct node_table *table, struct node *parent, const char *name,
		const struct stat *st, int pin, struct node **ret_node);

/* Hold a node that is held or known to the kernel already, and let it go again. */
void node_ref(struct node_table *table, struct node *node);
void node_unref(struct node_table *table, struct node *node);
/* The kernel gives back that many of the references that node_lookup() gave it. */
void node_forget(struct node_table *table, struct node *node, uint64_t nlookup);

/*
 * By the number that a file handle has: a node that was forgotten, or is about to be, with one more
 * reference of the kernel; NULL when it is not known any more. And the directory that a node is in.
 */
struct node *node_remember(struct node_table *table, const void *number);
struct node *node_remember_parent(struct node_table *table, struct node *node);
/* Is what stat says the file that the node is of? */
bool node_is(const struct node *node, const struct stat *st);

/* The node of this name when the kernel knows one, referenced; or NULL. */
struct node *node_find(struct node_table *table, struct node *parent, const char *name);

/* Its name is gone. */
void node_unlinked(struct node_table *table, struct node *node);
/*
 * It is (new_parent, new_name) now; the node of that name, if there is one, loses it. 0, or -ENOMEM
 * and it stays what it was.
 */
int node_renamed(struct node_table *table, struct node *node, struct node *new_parent,
		 const char *new_name);
/* Each took the other's name; 0 or -ENOMEM. */
int node_exchanged(struct node_table *table, struct node *a, struct node *b);

/*
 * The path inside the root by which the node is recorded, or of a name in it. Uses buffer when it
 * is large enough, otherwise the caller frees what is returned. NULL: out of memory.
 */
char *node_path(struct node_table *table, const struct node *node, const char *name, char *buffer,
		size_t size, size_t *ret_length);

/* Set these enum node_flags too; returns what was set before. */
uint16_t node_flag(struct node_table *table, struct node *node, uint16_t set);
/* The same of the directory it is in; 0 for the root, which is in none. */
uint16_t node_flag_parent(struct node_table *table, struct node *node, uint16_t set);

#endif
