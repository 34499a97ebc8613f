/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptors of directories, kept in a least-recently-used list of DIRECTORY_LIMIT: enough that
 * the directories a program works in stay open, and few enough that a walk over a whole disk does
 * not take all descriptors there are.
 *
 * Each belongs to an owner, who has a pointer to it that becomes NULL when it leaves the list. Who
 * uses a descriptor holds it meanwhile: it is not closed then, and the list may be longer than it
 * should be.
 *
 * There is no lock in here: all calls on one list are made under one of the caller's.
 */
#ifndef FS_DIRECTORY_H
#define FS_DIRECTORY_H

enum { DIRECTORY_LIMIT = 256 };

struct directory {
	struct directory *newer, *older;
	struct directory **owner; /* NULL: left the list, closed by its last user */
	int fd;                   /* O_PATH */
	unsigned int users;
};

struct directory_list {
	struct directory *newest, *oldest;
	unsigned int count;
};

/*
 * Add one as the newest, with *owner (which must be NULL) pointing at it. Takes ownership of fd,
 * also on failure: 0 or -ENOMEM.
 */
int directory_add(struct directory_list *list, struct directory **owner, int fd);

/* Use its descriptor until directory_put(); it is the newest now. */
void directory_hold(struct directory_list *list, struct directory *directory);
void directory_put(struct directory *directory);

/* Take it off the list and its owner; closed now, or by its last user. */
void directory_drop(struct directory_list *list, struct directory *directory);

/* Drop the oldest that nobody uses, until the list is as short as it should be. */
void directory_trim(struct directory_list *list);

#endif
