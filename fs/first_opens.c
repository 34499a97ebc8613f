// SPDX-License-Identifier: BSD-2-Clause
#include "fs/first_opens.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "fs/caller.h"

/* As overlayfs takes it, with room for what is around it. */
enum { PATH_LONGEST = 4000 };

bool first_opens_wanted(const struct tracefs *fs)
{
	return fs->options->scratch && fs->options->mode == MODE_FIRST && !fs->source.mounts_inside;
}

int first_opens_init(struct tracefs *fs)
{
	_cleanup_(closep) int fd = fcntl(fs->source.fd, F_DUPFD_CLOEXEC, 3);
	int r = fd < 0 ? -errno : node_table_second_root(&fs->nodes, fd);

	if (r == 0)
		take_fd(&fd);
	return r;
}

static void reply_entry(struct tracefs *fs, fuse_req_t req, struct node *node,
			const struct stat *st)
{
	struct fuse_entry_param entry = {.ino = (fuse_ino_t)(uintptr_t)node,
					 .attr = *st,
					 .attr_timeout = fs->attr_timeout,
					 .entry_timeout = fs->entry_timeout};

	entry.attr.st_ino = tracefs_ino(fs, st->st_dev, st->st_ino);
	if (fuse_reply_entry(req, &entry) == -ENOENT)
		node_forget(&fs->nodes, node, 1);
}

/* One of the two directories above all. */
static void lookup_above(struct tracefs *fs, fuse_req_t req, const char *name)
{
	struct node *node = strcmp(name, FIRST_OPENS_TREE) == 0    ? fs->nodes.root
			    : strcmp(name, FIRST_OPENS_OPENS) == 0 ? fs->nodes.second
								   : NULL;
	struct stat st;

	if (!node || fstat(node->pin, &st) < 0) {
		fuse_reply_err(req, ENOENT);
		return;
	}
	pthread_mutex_lock(&fs->nodes.lock);
	node->nlookup++;
	pthread_mutex_unlock(&fs->nodes.lock);
	reply_entry(fs, req, node, &st);
}

static void count(unsigned int *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* Who may not read the file is refused by the source itself, of which we hear nothing. */
static void note_open(struct tracefs *fs, fuse_req_t req, struct node *parent, const char *name,
		      const struct node_location *location)
{
	bool exec = caller_executes(fs->processes.proc_fd, fuse_req_ctx(req)->pid);
	int error = faccessat(location->fd, location->name, R_OK, AT_EACCESS) < 0 ? -errno : 0;

	count(&fs->first_opens.opened);
	tracefs_note(fs, req, parent, name,
		     &(struct note){.op = exec ? ACCESS_EXEC : ACCESS_OPEN,
				    .error = error,
				    .flags = ACCESS_READING | (exec ? ACCESS_EXECUTING : 0u)});
}

static void lookup_below(struct tracefs *fs, fuse_req_t req, struct node *parent, const char *name)
{
	struct node_location location;
	struct node *node;
	struct stat st;
	int r;

	r = node_child_place(&fs->nodes, parent, name, &location);
	if (r == 0) {
		r = location_stat(&location, &st);
		if (r == 0 && S_ISREG(st.st_mode))
			note_open(fs, req, parent, name, &location);
		location_release(&location);
	}
	if (r == 0 && S_ISDIR(st.st_mode))
		r = node_lookup(&fs->nodes, parent, name, &st, -1, &node);
	else if (r == 0)
		r = -ENOENT;
	if (r < 0) {
		fuse_reply_err(req, -r);
		return;
	}
	node_flag(&fs->nodes, node, NODE_SECOND);
	reply_entry(fs, req, node, &st);
}

bool first_opens_lookup(struct tracefs *fs, fuse_req_t req, fuse_ino_t parent_ino, const char *name)
{
	struct node *parent;

	if (!fs->nodes.second)
		return false;
	if (parent_ino == FUSE_ROOT_ID) {
		lookup_above(fs, req, name);
		return true;
	}
	parent = node_of(fs, parent_ino);
	if (!(parent->flags & NODE_SECOND))
		return false;
	lookup_below(fs, req, parent, name);
	return true;
}

/* So many names are looked at before it is judged whether they are opened; then less and less. */
enum { JUDGED_FROM = 1024, FORGOTTEN_FROM = 8192, OPENED_EACH = 8, MISSED_EACH = 16 };

static void count_told(struct tracefs *fs)
{
	unsigned int *told = &fs->first_opens.told, *opened = &fs->first_opens.opened;

	count(told);
	if (__atomic_load_n(told, __ATOMIC_RELAXED) < FORGOTTEN_FROM)
		return;
	/* not to the number, if two do it at once */
	__atomic_store_n(told, *told / 2, __ATOMIC_RELAXED);
	__atomic_store_n(opened, *opened / 2, __ATOMIC_RELAXED);
}

static bool is_program(struct tracefs *fs, struct node *node)
{
	struct node_location location;
	struct stat st;
	int r = node_place(&fs->nodes, node, &location);

	if (r == 0) {
		r = location_stat(&location, &st);
		location_release(&location);
	}
	return r == 0 && (st.st_mode & 0111);
}

static bool is_worth_it(struct tracefs *fs, struct node *node)
{
	unsigned int told = __atomic_load_n(&fs->first_opens.told, __ATOMIC_RELAXED);
	unsigned int opened = __atomic_load_n(&fs->first_opens.opened, __ATOMIC_RELAXED);

	return told < JUDGED_FROM || opened > told / OPENED_EACH || node->ino % MISSED_EACH == 0 ||
	       is_program(fs, node);
}

/* Is it below a mount inside the source, which the layer of the source does not have? */
static bool is_mounted_inside(struct tracefs *fs, const struct node *node)
{
	bool is = false;

	pthread_mutex_lock(&fs->nodes.lock);
	for (; node->parent && !is; node = node->parent)
		is = node->pin >= 0;
	pthread_mutex_unlock(&fs->nodes.lock);
	return is;
}

/* The path in the source, or NULL where the data have to come by way of us. */
static char *path_of(struct tracefs *fs, struct node *node, char *buffer, size_t size)
{
	size_t length;
	char *path;

	if (node->type != S_IFREG || node->dev != (uint32_t)fs->devices[0] ||
	    is_mounted_inside(fs, node))
		return NULL;
	path = node_path(&fs->nodes, node, NULL, buffer, size, &length);
	if (path && path != buffer)
		free(path);
	return path == buffer ? path : NULL;
}

bool first_opens_xattr(struct tracefs *fs, struct node *node, const char *name, char *value,
		       size_t size, ssize_t *ret_size)
{
	char buffer[PATH_LONGEST], *path;
	const char *mark;

	if (!__atomic_load_n(&fs->opens_once, __ATOMIC_RELAXED))
		return false;
	if (strncmp(name, "trusted.overlay.", 16) == 0)
		mark = name + 16;
	else if (strncmp(name, "user.overlay.", 13) == 0)
		mark = name + 13;
	else
		return false;
	if (strcmp(mark, "metacopy") != 0 && strcmp(mark, "redirect") != 0)
		return false;
	path = path_of(fs, node, buffer, sizeof(buffer));
	if (!path || (mark[0] == 'm' && !is_worth_it(fs, node)))
		return false;
	if (mark[0] == 'm')
		count_told(fs);
	*ret_size = mark[0] == 'm' ? 0 : (ssize_t)strlen(path);
	if (*ret_size && size && (size_t)*ret_size > size)
		*ret_size = -ERANGE;
	else if (*ret_size && size)
		memcpy(value, path, (size_t)*ret_size);
	return true;
}

void first_opens_exec(struct tracefs *fs, fuse_req_t req, struct node *node)
{
	char buffer[PATH_LONGEST], *path;
	size_t length;

	if (!__atomic_load_n(&fs->opens_once, __ATOMIC_RELAXED))
		return;
	path = node_path(&fs->nodes, node, NULL, buffer, sizeof(buffer), &length);
	if (!path)
		return;
	processes_exec(&fs->processes, fuse_req_ctx(req)->pid, path);
	if (path != buffer)
		free(path);
}
