/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel passthrough: the kernel reads and writes an open file's data on the source itself,
 * without asking us (Linux 6.9 and later, FUSE_PASSTHROUGH in include/uapi/linux/fuse.h). libfuse
 * has fuse_passthrough_open() only from 3.17 on, so this speaks the protocol by itself, with every
 * libfuse and whatever its kernel headers know: the INIT reply asks for it, an ioctl turns a
 * descriptor into a backing id, and the OPEN reply names the id. A newer libfuse leaves it alone
 * as long as nobody asks it for FUSE_CAP_PASSTHROUGH.
 *
 * One id per node is kept until the kernel forgets the node (at most BACKING_KEEP of them while
 * closed); a node whose file cannot be backed is read through us for as long as it lives, because
 * one open file must never be backed by half.
 *
 * A source that is an overlay itself, as a stage that is being developed, is stacked too deep for
 * an overlay above passthrough: it is read through us, and the kernel keeps what it has read
 * (keep_cache). One tracer for each of its layers would have passthrough. Measured on 128 MiB that
 * are in memory, against the overlay alone: the first reading 22 times as long through us, 1.4
 * with a tracer per layer, every later one 1.1 to 1.4 times and no different. But overlayfs asks
 * each layer for each name: what is in one is missing in the others, whiteouts are seen,
 * directories are listed once per layer, and to say what a program saw the manifest would have to
 * be put together by overlayfs's own rules. Exact counts are worth one slow reading.
 */
#ifndef FS_BACKING_H
#define FS_BACKING_H

#include <fuse_lowlevel.h>
#include <stdbool.h>
#include <stdint.h>

#include "fs/node_location.h"

enum { BACKING_KEEP = 16384 };

struct backing {
	bool wanted;        /* asked for in INIT, if the kernel has it */
	bool offered;       /* the kernel has it, and INIT was answered so */
	int fuse_fd;        /* /dev/fuse; borrowed; set before the first request */
	unsigned int depth; /* how deep file systems may be stacked, with us: 1 or 2 */
	unsigned int ids;   /* in use; guarded by the nodes' lock */
};

/*
 * From the flags of the INIT request, FUSE_… in 64 bits: what to add to those of the reply, and its
 * max_stack_depth.
 */
void backing_negotiate(struct backing *backing, uint64_t offered, uint64_t *flags,
		       uint32_t *ret_depth);

/*
 * Count one more open of the node and say by which id: > 0, or 0 when it cannot be backed. place is
 * where the file is.
 */
int32_t backing_open(struct backing *backing, struct node_table *nodes, struct node *node,
		     const struct node_location *location);
/* The same with a descriptor in hand, for a file just created. */
int32_t backing_open_fd(struct backing *backing, struct node_table *nodes, struct node *node,
			int fd);
/* One open less, of those that were given an id. */
void backing_release(struct backing *backing, struct node_table *nodes, struct node *node);
/* The node goes; called with the nodes' lock held. */
void backing_forget(struct backing *backing, struct node *node);

/*
 * Answer OPEN and CREATE with an id, and a handle (fs/handle.h). With one that is not 0 the kernel
 * asks us for reading and writing, and only maps by itself. The result is that of fuse_reply_open().
 */
int backing_reply_open(fuse_req_t req, int32_t id, uint64_t handle);
int backing_reply_create(fuse_req_t req, const struct fuse_entry_param *entry, int32_t id,
			 uint64_t handle);

#endif
