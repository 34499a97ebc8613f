// SPDX-License-Identifier: BSD-2-Clause
#include "fs/backing.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "db/base/cleanup.h"

/* From newer headers than Debian 12 has. */
enum { OPEN_PASSTHROUGH = 1 << 7 };
static const uint64_t INIT_PASSTHROUGH = UINT64_C(1) << 37;

struct backing_map {
	int32_t fd;
	uint32_t flags;
	uint64_t padding;
};

#define IOC_BACKING_OPEN _IOW(FUSE_DEV_IOC_MAGIC, 1, struct backing_map)
#define IOC_BACKING_CLOSE _IOW(FUSE_DEV_IOC_MAGIC, 2, uint32_t)

/* As fuse_open_out, whose last field was padding once. */
struct open_out {
	uint64_t fh;
	uint32_t flags;
	int32_t backing_id;
};
_Static_assert(sizeof(struct open_out) == sizeof(struct fuse_open_out), "the reply to OPEN");

void backing_negotiate(struct backing *backing, uint64_t offered, uint64_t *flags,
		       uint32_t *ret_depth)
{
	backing->offered = backing->wanted && (offered & INIT_PASSTHROUGH);
	*ret_depth = 0;
	if (!backing->offered)
		return;
	*flags |= INIT_PASSTHROUGH;
	*ret_depth = backing->depth;
}

static int32_t id_of(struct backing *backing, int fd)
{
	struct backing_map map = {.fd = fd};

	return ioctl(backing->fuse_fd, IOC_BACKING_OPEN, &map);
}

static void id_close(struct backing *backing, int32_t id)
{
	uint32_t number = (uint32_t)id;

	ioctl(backing->fuse_fd, IOC_BACKING_CLOSE, &number);
}

/* Use the id the node has: 1 and *ret_id, or 0 when it has to be asked for. */
static int backing_known(struct node_table *nodes, struct node *node, int32_t *ret_id)
{
	int32_t backing;

	pthread_mutex_lock(&nodes->lock);
	backing = node->backing;
	if (backing > 0)
		node->opens++;
	pthread_mutex_unlock(&nodes->lock);
	*ret_id = backing > 0 ? backing : 0;
	return backing != 0;
}

/* Give the node the id, unless another thread was faster; the answer is the one it has. */
static int32_t settle(struct backing *backing, struct node_table *nodes, struct node *node,
		      int32_t id)
{
	int32_t spare = 0, settled;

	pthread_mutex_lock(&nodes->lock);
	if (node->backing == 0) {
		node->backing = id > 0 ? id : NODE_NO_BACKING;
		backing->ids += id > 0;
	} else if (id > 0) {
		spare = id;
	}
	settled = node->backing;
	if (settled > 0)
		node->opens++;
	pthread_mutex_unlock(&nodes->lock);
	if (spare)
		id_close(backing, spare);
	return settled > 0 ? settled : 0;
}

int32_t backing_open_fd(struct backing *backing, struct node_table *nodes, struct node *node,
			int fd)
{
	int32_t id;

	if (!backing->offered)
		return 0;
	if (backing_known(nodes, node, &id))
		return id;
	return settle(backing, nodes, node, id_of(backing, fd));
}

int32_t backing_open(struct backing *backing, struct node_table *nodes, struct node *node,
		     const struct node_location *location)
{
	_cleanup_(closep) int fd = -1;
	int32_t id;

	if (!backing->offered)
		return 0;
	if (backing_known(nodes, node, &id))
		return id;
	if (!location->name[0])
		return settle(backing, nodes, node, id_of(backing, location->fd));
	fd = openat(location->fd, location->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return settle(backing, nodes, node, fd < 0 ? -1 : id_of(backing, fd));
}

void backing_release(struct backing *backing, struct node_table *nodes, struct node *node)
{
	int32_t spare = 0;

	pthread_mutex_lock(&nodes->lock);
	if (node->opens > 0 && --node->opens == 0 && backing->ids > BACKING_KEEP) {
		spare = node->backing;
		node->backing = 0;
		backing->ids--;
	}
	pthread_mutex_unlock(&nodes->lock);
	if (spare > 0)
		id_close(backing, spare);
}

void backing_forget(struct backing *backing, struct node *node)
{
	if (node->backing <= 0)
		return;
	id_close(backing, node->backing);
	node->backing = 0;
	backing->ids--;
}

static struct open_out open_out(int32_t id, uint64_t handle)
{
	return (struct open_out){.fh = handle,
				 .flags = OPEN_PASSTHROUGH | (handle ? FOPEN_DIRECT_IO : 0u),
				 .backing_id = id};
}

int backing_reply_open(fuse_req_t req, int32_t id, uint64_t handle)
{
	struct open_out out = open_out(id, handle);

	return fuse_reply_buf(req, (const char *)&out, sizeof(out));
}

static void seconds_split(double seconds, uint64_t *ret_s, uint32_t *ret_ns)
{
	*ret_s = seconds >= 4e9 ? (uint64_t)1 << 32 : (uint64_t)seconds;
	*ret_ns = seconds >= 4e9 ? 0 : (uint32_t)((seconds - floor(seconds)) * 1e9);
}

static void attr_fill(const struct stat *st, struct fuse_attr *attr)
{
	*attr = (struct fuse_attr){.ino = st->st_ino,
				   .size = (uint64_t)st->st_size,
				   .blocks = (uint64_t)st->st_blocks,
				   .atime = (uint64_t)st->st_atim.tv_sec,
				   .mtime = (uint64_t)st->st_mtim.tv_sec,
				   .ctime = (uint64_t)st->st_ctim.tv_sec,
				   .atimensec = (uint32_t)st->st_atim.tv_nsec,
				   .mtimensec = (uint32_t)st->st_mtim.tv_nsec,
				   .ctimensec = (uint32_t)st->st_ctim.tv_nsec,
				   .mode = st->st_mode,
				   .nlink = (uint32_t)st->st_nlink,
				   .uid = st->st_uid,
				   .gid = st->st_gid,
				   .rdev = (uint32_t)st->st_rdev,
				   .blksize = (uint32_t)st->st_blksize};
}

int backing_reply_create(fuse_req_t req, const struct fuse_entry_param *entry, int32_t id,
			 uint64_t handle)
{
	struct {
		struct fuse_entry_out entry;
		struct open_out open;
	} out = {.entry = {.nodeid = entry->ino, .generation = entry->generation},
		 .open = open_out(id, handle)};

	seconds_split(entry->entry_timeout, &out.entry.entry_valid, &out.entry.entry_valid_nsec);
	seconds_split(entry->attr_timeout, &out.entry.attr_valid, &out.entry.attr_valid_nsec);
	attr_fill(&entry->attr, &out.entry.attr);
	return fuse_reply_buf(req, (const char *)&out, sizeof(out));
}
