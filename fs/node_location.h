/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Places: how nodes are reached by the *at() calls. A node is (descriptor of its parent, name),
 * and a directory or a pinned node a descriptor itself. The descriptors of directories come from a
 * list (fs/directory.h); one that is not in it is opened again from the nearest parent that has
 * one, name by name, so that what was renamed is found where it is now and no path is ever too
 * long.
 *
 * A place is a value on the caller's stack, and holds its descriptor until location_release(). What is
 * there may change meanwhile, as between any two calls.
 */
#ifndef FS_NODE_LOCATION_H
#define FS_NODE_LOCATION_H

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "fs/inode.h"

/*
 * (fd, name) for the *at() calls, with name "" and AT_EMPTY_PATH in flags where the descriptor is
 * the thing itself. The descriptor is an O_PATH one.
 */
struct node_location {
	int fd;
	int flags; /* AT_SYMLINK_NOFOLLOW, perhaps AT_EMPTY_PATH */
	struct node_table *table;
	struct directory *directory; /* held; NULL for a pinned node */
	char name[256];
};

/* 0 or a negative errno; after 0, location_release() gives the descriptor back. */
int node_place(struct node_table *table, struct node *node, struct node_location *ret_place);
/* A name in a directory node, whether or not it is there; -ENAMETOOLONG from 256 bytes on. */
int node_child_place(struct node_table *table, struct node *directory, const char *name,
		     struct node_location *ret_place);
/* The directory itself, as a descriptor with name "". */
int node_directory_place(struct node_table *table, struct node *directory,
			 struct node_location *ret_place);
void location_release(struct node_location *location);

/* Before its name goes: keep a descriptor. Errors are not fatal: the file may be gone after. */
void node_pin(struct node_table *table, struct node *node);

/* fstatat() at a place: 0 or a negative errno. */
int location_stat(const struct node_location *location, struct stat *ret_st);
/*
 * openat() at a place, links not followed: a descriptor, which the caller closes, or a negative
 * errno. Works where the place is a descriptor too.
 */
int location_open(const struct node_location *location, int flags);
/* getxattr() at a place, links not followed: its size, or -1 with errno. */
ssize_t location_getxattr(const struct node_location *location, const char *name, void *value,
			  size_t size);
/*
 * A path for calls without an *at() form, below /proc/self/fd; 300 bytes are enough for it. Where
 * the place is a bare descriptor the call has to follow links to reach it; where it has a name it
 * must not.
 */
const char *location_proc_path(const struct node_location *location, char *buffer, size_t size);

#endif
