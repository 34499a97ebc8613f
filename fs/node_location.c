// SPDX-License-Identifier: BSD-2-Clause
#include "fs/node_location.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "db/base/cleanup.h"

void location_release(struct node_location *location)
{
	struct node_table *table = location->table;

	if (!location->directory)
		return;
	pthread_mutex_lock(&table->lock);
	directory_put(take(location->directory));
	pthread_mutex_unlock(&table->lock);
}

static void location_of_pin(const struct node *node, struct node_location *ret_place)
{
	ret_place->fd = node->pin;
	ret_place->flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW;
	ret_place->directory = NULL;
	ret_place->name[0] = '\0';
}

static void location_of_directory(struct node_table *table, struct directory *directory,
			       struct node_location *ret_place)
{
	directory_hold(&table->directories, directory);
	ret_place->fd = directory->fd;
	ret_place->flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW;
	ret_place->directory = directory;
	ret_place->name[0] = '\0';
}

static bool reachable(const struct node *node)
{
	return node->pin >= 0 || node->directory;
}

static void location_now(struct node_table *table, struct node *node, struct node_location *ret_place)
{
	ret_place->table = table;
	if (node->directory)
		location_of_directory(table, node->directory, ret_place);
	else
		location_of_pin(node, ret_place);
}

/* Give the node a descriptor of the list; fd is the list's now. Called with the lock held. */
static int directory_install(struct node_table *table, struct node *node, int fd)
{
	if (reachable(node)) {
		close(fd); /* another thread was faster */
		return 0;
	}
	return directory_add(&table->directories, &node->directory, fd);
}

/*
 * Open the topmost directory on the way to `node` that has no descriptor. The lock is held before
 * and after, and let go over the open.
 */
static int descend_once(struct node_table *table, struct node *node)
{
	struct node *next = node;
	struct node_location location;
	int fd, r;

	while (!reachable(next->parent))
		next = next->parent;
	location_now(table, next->parent, &location);
	snprintf(location.name, sizeof(location.name), "%s", node_name(next));
	next->refs++;
	pthread_mutex_unlock(&table->lock);
	fd = openat(location.fd, location.name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	r = fd < 0 ? -errno : 0;
	pthread_mutex_lock(&table->lock);
	if (location.directory)
		directory_put(location.directory);
	if (fd >= 0)
		r = directory_install(table, next, fd);
	next->refs--;
	return r;
}

/* Called with the lock held, which is let go and taken again. */
static int location_directory(struct node_table *table, struct node *node, struct node_location *ret_place)
{
	while (!reachable(node)) {
		int r = descend_once(table, node);

		if (r < 0)
			return r;
	}
	location_now(table, node, ret_place);
	directory_trim(&table->directories);
	return 0;
}

int node_directory_place(struct node_table *table, struct node *directory,
			 struct node_location *ret_place)
{
	int r;

	pthread_mutex_lock(&table->lock);
	r = location_directory(table, directory, ret_place);
	pthread_mutex_unlock(&table->lock);
	return r;
}

int node_child_place(struct node_table *table, struct node *directory, const char *name,
		     struct node_location *ret_place)
{
	int r;

	if (strlen(name) >= sizeof(ret_place->name))
		return -ENAMETOOLONG;
	r = node_directory_place(table, directory, ret_place);
	if (r < 0)
		return r;
	strcpy(ret_place->name, name);
	ret_place->flags = AT_SYMLINK_NOFOLLOW;
	return 0;
}

int node_place(struct node_table *table, struct node *node, struct node_location *ret_place)
{
	int r = 0;

	pthread_mutex_lock(&table->lock);
	if (reachable(node)) {
		location_now(table, node, ret_place);
	} else {
		r = location_directory(table, node->parent, ret_place);
		if (r == 0) {
			/* read after the lock was let go: it may have been renamed meanwhile */
			strcpy(ret_place->name, node_name(node));
			ret_place->flags = AT_SYMLINK_NOFOLLOW;
		}
	}
	pthread_mutex_unlock(&table->lock);
	return r;
}

int location_stat(const struct node_location *location, struct stat *ret_st)
{
	return fstatat(location->fd, location->name, ret_st, location->flags) < 0 ? -errno : 0;
}

const char *location_proc_path(const struct node_location *location, char *buffer, size_t size)
{
	snprintf(buffer, size, location->name[0] ? "/proc/self/fd/%d/%s" : "/proc/self/fd/%d",
		 location->fd, location->name);
	return buffer;
}

int location_open(const struct node_location *location, int flags)
{
	char buffer[300];
	int fd;

	if (location->name[0] || (flags & O_DIRECTORY)) {
		fd = openat(location->fd, location->name[0] ? location->name : ".",
			    flags | O_NOFOLLOW | O_CLOEXEC);
	} else {
		/* a bare descriptor opens anew by its magic link, which has to be followed */
		location_proc_path(location, buffer, sizeof(buffer));
		fd = open(buffer, (flags & ~O_NOFOLLOW) | O_CLOEXEC);
	}
	return fd < 0 ? -errno : fd;
}

/* From newer headers than Debian 12 has. */
#ifndef SYS_getxattrat
#define SYS_getxattrat 464
#endif

struct getxattrat_arguments {
	uint64_t value;
	uint32_t size, flags;
};

/* Since Linux 6.13: three times as fast as by way of /proc, and asked for at each new name. */
static ssize_t getxattr_at(const struct node_location *location, const char *name, void *value,
			   size_t size)
{
	struct getxattrat_arguments arguments = {.value = (uint64_t)(uintptr_t)value,
						 .size = (uint32_t)size};

	return syscall(SYS_getxattrat, location->fd, location->name, AT_SYMLINK_NOFOLLOW, name,
		       &arguments, sizeof(arguments));
}

/*
 * The l-forms do not follow a last link, which is right for (directory, name); a bare descriptor is
 * reached through a magic link, which has to be followed.
 */
ssize_t location_getxattr(const struct node_location *location, const char *name, void *value,
			  size_t size)
{
	char path[300];
	ssize_t n;

	if (location->name[0]) {
		n = getxattr_at(location, name, value, size);
		if (n >= 0 || (errno != ENOSYS && errno != EPERM)) /* EPERM: by a filter of calls */
			return n;
	}
	location_proc_path(location, path, sizeof(path));
	return location->name[0] ? lgetxattr(path, name, value, size)
				 : getxattr(path, name, value, size);
}

void node_pin(struct node_table *table, struct node *node)
{
	struct node_location location;
	int fd;

	if (node_place(table, node, &location) < 0)
		return;
	fd = location.name[0] ? openat(location.fd, location.name, O_PATH | O_NOFOLLOW | O_CLOEXEC)
			   : fcntl(location.fd, F_DUPFD_CLOEXEC, 3);
	location_release(&location);
	if (fd < 0)
		return;
	pthread_mutex_lock(&table->lock);
	if (node->pin < 0)
		node->pin = take_fd(&fd);
	pthread_mutex_unlock(&table->lock);
	closep(&fd);
}
