/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ownership that can be read: a local that owns says so with _cleanup_(), and take() shows where
 * the ownership leaves.
 *
 *	_cleanup_(freep) char *name = NULL;
 *	…
 *	*ret_name = take(name);
 *
 * A destructor used here is called with the address of the variable, accepts NULL (or -1 for a
 * descriptor) and never touches errno.
 */
#ifndef DB_BASE_CLEANUP_H
#define DB_BASE_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

/* The value of an owning pointer, which is NULL afterwards. */
#define take(pointer)                                                                              \
	({                                                                                         \
		__auto_type taken_from_ = &(pointer);                                              \
		__auto_type taken_ = *taken_from_;                                                 \
		*taken_from_ = NULL;                                                               \
		taken_;                                                                            \
	})

/* The value of an owning descriptor, which is -1 afterwards. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* For any pointer that free() takes. */
static inline void freep(void *pointer_to_pointer)
{
	int saved = errno;

	free(*(void **)pointer_to_pointer);
	errno = saved;
}

static inline void closep(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void fclosep(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

#endif
