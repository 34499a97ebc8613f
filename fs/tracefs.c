// SPDX-License-Identifier: BSD-2-Clause
#include "fs/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "fs/acl.h"
#include "fs/strangers.h"

/* "For ever", as fuse(4) takes it. */
static const double FOREVER = 1e9;

/* The table's call when a node goes. */
static void forgotten(void *owner, struct node *node)
{
	struct tracefs *fs = owner;

	backing_forget(&fs->backing, node);
}

static void timeouts_set(struct tracefs *fs, const struct options *options)
{
	bool first = options->mode == MODE_FIRST;

	fs->entry_timeout = FOREVER;
	fs->attr_timeout = first ? FOREVER : options->attr_timeout_ms / 1000.0;
	fs->missing_timeout = first && fs->read_only ? FOREVER : 0;
}

int tracefs_init(struct tracefs *fs, const struct elsewhere *ns, const struct options *options,
		 struct error *err)
{
	_cleanup_(closep) int root = -1;
	struct stat st;
	int r;

	*fs = (struct tracefs){.options = options,
			       .source.fd = -1,
			       .read_only = options->read_only || options->scratch,
			       .overlaid = options->scratch || (options->kind == KIND_PROD && !options->command),
			       .known = KNOWN_INIT,
			       .backing.fuse_fd = -1};
	pthread_mutex_init(&fs->devices_lock, NULL);
	fs->stranger = strangers_id();
	aggregator_init(&fs->aggregator, options->log == LOG_EVENTS);
	r = processes_init(&fs->processes, options->mountpoint, err);
	if (r < 0)
		return r;
	if (options->known)
		r = known_open(&fs->known, options->known, options->except, err);
	if (r == 0 && ns->pid)
		r = source_open_in(&fs->source, ns, options->source, options->xdev, fs->read_only,
				   err);
	else if (r == 0)
		r = source_open(&fs->source, options->source, options->xdev, fs->read_only,
				options->noatime, err);
	if (r < 0)
		return r;
	root = fcntl(fs->source.fd, F_DUPFD_CLOEXEC, 3);
	if (root < 0 || fstat(root, &st) < 0)
		return error_errno(err, "cannot look at the source %s", options->source);
	fs->devices[fs->ndevices++] = st.st_dev;
	r = node_table_init(&fs->nodes, take_fd(&root), err);
	if (r < 0)
		return r;
	fs->nodes.forgotten = forgotten;
	fs->nodes.owner = fs;
	/* an overlay above has no use for handles, and asks for more where there are some */
	if (!fs->overlaid)
		r = kept_init(&fs->nodes.kept, NODE_KEEP);
	if (r < 0)
		return error_oom(err);
	timeouts_set(fs, options);
	return 0;
}

void tracefs_release(struct tracefs *fs)
{
	if (fs->nodes.root)
		node_table_release(&fs->nodes);
	source_release(&fs->source);
	known_release(&fs->known);
	processes_release(&fs->processes);
	aggregator_release(&fs->aggregator);
	pthread_mutex_destroy(&fs->devices_lock);
}

/* Which device it is: 0 for the source's own. */
static unsigned int device_index(struct tracefs *fs, dev_t dev)
{
	unsigned int count = __atomic_load_n(&fs->ndevices, __ATOMIC_ACQUIRE), i;

	for (i = 0; i < count; i++)
		if (fs->devices[i] == dev)
			return i;
	pthread_mutex_lock(&fs->devices_lock);
	for (i = 0; i < fs->ndevices && fs->devices[i] != dev; i++)
		;
	if (i == fs->ndevices && i < TRACEFS_DEVICES) {
		fs->devices[i] = dev;
		__atomic_store_n(&fs->ndevices, i + 1, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&fs->devices_lock);
	return i;
}

uint64_t tracefs_ino(struct tracefs *fs, dev_t dev, uint64_t ino)
{
	unsigned int index = dev == fs->devices[0] ? 0 : device_index(fs, dev);

	if (index == 0)
		return ino;
	if (ino >> 48 == 0 && index < TRACEFS_DEVICES)
		return ino | (uint64_t)index << 48;
	return hash_pair(dev, ino) | UINT64_C(1) << 63;
}

int tracefs_stat(struct tracefs *fs, const struct node_location *location, struct stat *ret_st)
{
	int r = location_stat(location, ret_st);

	if (r == 0)
		ret_st->st_ino = tracefs_ino(fs, ret_st->st_dev, ret_st->st_ino);
	return r;
}

mode_t tracefs_mode(struct tracefs *fs, struct node *node, const struct stat *st)
{
	struct node_location location;
	mode_t mode = st->st_mode;

	if (!(node->flags & NODE_ACL) || node_place(&fs->nodes, node, &location) < 0)
		return mode;
	acl_narrow_at(&location, &mode);
	location_release(&location);
	return mode;
}

/* The same of one that is met now, at a place. Links have no lists. */
static bool enter_narrow(struct tracefs *fs, const struct node_location *location, mode_t *mode)
{
	return fs->narrow && !S_ISLNK(*mode) && acl_narrow_at(location, mode);
}

int tracefs_open(struct tracefs *fs, const struct node_location *location, int flags)
{
	int noatime = source_noatime_flag(&fs->source);
	int fd = noatime ? location_open(location, flags | noatime) : -EPERM;

	return fd == -EPERM ? location_open(location, flags) : fd;
}

/* The root of another file system mounted at (parent, name): a descriptor of ours, or -1. */
static int mounted_at(struct tracefs *fs, struct node *parent, const char *name)
{
	char buffer[1024], *path;
	size_t length;
	int fd;

	if (fs->source.mounts.count == 0)
		return -1;
	path = node_path(&fs->nodes, parent, name, buffer, sizeof(buffer), &length);
	if (!path)
		return -1;
	fd = source_mount_at(&fs->source, path);
	if (path != buffer)
		free(path);
	return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static struct fuse_entry_param entry_of(struct tracefs *fs, const struct node *node,
					const struct stat *raw)
{
	struct fuse_entry_param entry = {
		.ino = node == fs->nodes.root ? FUSE_ROOT_ID : (fuse_ino_t)(uintptr_t)node,
		.generation = node == fs->nodes.root ? 0 : node->generation,
		.attr = *raw,
		.attr_timeout = fs->attr_timeout,
		.entry_timeout = fs->entry_timeout};

	entry.attr.st_ino = tracefs_ino(fs, raw->st_dev, raw->st_ino);
	return entry;
}

int tracefs_enter_again(struct tracefs *fs, struct node *node, struct fuse_entry_param *ret_entry,
			struct stat *ret_raw)
{
	struct node_location location;
	int r;

	r = node_place(&fs->nodes, node, &location);
	if (r < 0)
		return r == -ENOENT ? -ESTALE : r;
	r = location_stat(&location, ret_raw);
	location_release(&location);
	if (r < 0)
		return r == -ENOENT ? -ESTALE : r;
	if (!node_is(node, ret_raw))
		return -ESTALE;
	*ret_entry = entry_of(fs, node, ret_raw);
	return 0;
}

int tracefs_enter(struct tracefs *fs, struct node *parent, const char *name,
		  struct fuse_entry_param *ret_entry, struct stat *ret_raw, struct node **ret_node)
{
	_cleanup_(closep) int root = -1;
	struct node_location location;
	bool narrowed;
	mode_t mode;
	int r;

	r = node_child_place(&fs->nodes, parent, name, &location);
	if (r < 0)
		return r;
	r = location_stat(&location, ret_raw);
	mode = ret_raw->st_mode;
	narrowed = r == 0 && enter_narrow(fs, &location, &mode);
	location_release(&location);
	if (r < 0)
		return r;
	if (S_ISDIR(ret_raw->st_mode))
		root = mounted_at(fs, parent, name);
	if (root >= 0) {
		if (fstat(root, ret_raw) < 0)
			return -errno;
		mode = ret_raw->st_mode;
		narrowed = enter_narrow(fs, &(struct node_location){.fd = root}, &mode);
	}
	r = node_lookup(&fs->nodes, parent, name, ret_raw, take_fd(&root), ret_node);
	if (r < 0)
		return r;
	*ret_entry = entry_of(fs, *ret_node, ret_raw);
	ret_entry->attr.st_mode = mode;
	if (narrowed)
		node_flag(&fs->nodes, *ret_node, NODE_ACL);
	return 0;
}

/* Is the name in the kernel's cache, so that looking at it costs no disk access? */
static bool name_is_cached(struct tracefs *fs, struct node *parent, const char *name)
{
	struct open_how how = {.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
			       .resolve = RESOLVE_CACHED};
	struct node_location location;
	long fd;

	if (node_child_place(&fs->nodes, parent, name, &location) < 0)
		return false;
	fd = syscall(SYS_openat2, location.fd, location.name, &how, sizeof(how));
	location_release(&location);
	if (fd < 0)
		return errno != EAGAIN && errno != EINVAL && errno != ENOSYS;
	close((int)fd);
	return true;
}

bool tracefs_is_quick(void *userdata, const void *request, size_t size)
{
	const struct fuse_in_header *in = request;
	struct tracefs *fs = userdata;

	switch (in->opcode) {
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
		return true;
	case FUSE_GETATTR:
	case FUSE_READLINK:
	case FUSE_ACCESS:
	case FUSE_OPENDIR:
	case FUSE_GETXATTR:
		return !fs->source.distant;
	case FUSE_OPEN:
		return fs->backing.offered && !fs->source.distant;
	case FUSE_LOOKUP:
		return !fs->source.distant && size > sizeof(*in) &&
		       !tracefs_is_handle((const char *)(in + 1)) &&
		       name_is_cached(fs, node_of(fs, in->nodeid),
				      (const char *)(in + 1));
	default:
		return false;
	}
}
