/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel and we say to each other through a ring, FUSE over io_uring (Linux 6.14 and
 * later: fuse-io-uring.rst in its documentation, include/uapi/linux/fuse.h).
 *
 * There is a ring for each CPU, its queue id the CPU's number, with RING_DEPTH entries. An entry
 * is room for one request or reply. We give it to the kernel by a command on the ring: registered
 * at first, later committed, with the reply in it to the request that it brought. The command
 * completes when the next request is in the entry, or with -ENOTCONN when there will be none.
 *
 * All calls that take a ring are made by the one thread that uses it. Nothing reaches the kernel
 * before io_uring_submit().
 */
#ifndef FS_RING_H
#define FS_RING_H

#include <liburing.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum { RING_DEPTH = 8, RING_HEADER_AREA = 128 };

/* struct fuse_uring_req_header, from newer headers than Debian 12 has. */
struct ring_header {
	char in_out[RING_HEADER_AREA]; /* struct fuse_in_header, then struct fuse_out_header */
	char op_in[RING_HEADER_AREA];  /* the first argument of a request */
	uint64_t flags;
	uint64_t commit_id;            /* names the request when it is replied to */
	uint32_t payload_size;         /* bytes of the other arguments, or of the reply */
	uint32_t padding;
	uint64_t reserved;
};
_Static_assert(sizeof(struct ring_header) == 288, "fuse_uring_req_header");

struct ring_entry {
	struct ring_header header;
	char *payload;
	struct iovec iov[2]; /* header and payload, as the kernel wants to have them */
};

/* 0 or a negative errno. A ring is closed by io_uring_queue_exit(). */
int ring_make(struct io_uring *ring);
/* The same, for requests of this /dev/fuse. */
int ring_open(struct io_uring *ring, int fuse_fd);

/* payload: bytes of the largest request or reply without its headers. 0 or -ENOMEM. */
int ring_entry_init(struct ring_entry *entry, uint32_t payload);
void ring_entry_release(struct ring_entry *entry);

/* The bytes that ring_entry_request() needs at most. */
size_t ring_request_room(uint32_t payload);
/*
 * The request in one piece, as /dev/fuse would have given it; its size, or 0 when the kernel's
 * lengths contradict each other, and then only its header is there.
 */
size_t ring_entry_request(const struct ring_entry *entry, char *request);
/* Put a reply, which begins with its struct fuse_out_header, where the request was. */
void ring_entry_reply(struct ring_entry *entry, const struct iovec *iov, int count);

/* Hand the entry to the kernel, with no reply and with one. The completion will have that data. */
void ring_register(struct io_uring *ring, struct ring_entry *entry, uint16_t queue, uint64_t data);
void ring_commit(struct io_uring *ring, struct ring_entry *entry, uint16_t queue, uint64_t data);

/* Read eight bytes of an eventfd; the completion will have that data. */
void ring_read_event(struct io_uring *ring, int event_fd, uint64_t *event, uint64_t data);

#endif
