// SPDX-License-Identifier: BSD-2-Clause
#include "fs/ring.h"

#include <errno.h>
#include <linux/fuse.h>
#include <stdlib.h>
#include <string.h>

/* enum fuse_uring_cmd and struct fuse_uring_cmd_req of newer headers than Debian 12 has. */
enum { CMD_REGISTER = 1, CMD_COMMIT_AND_FETCH = 2 };

struct ring_command {
	uint64_t flags;
	uint64_t commit_id;
	uint16_t qid;
	uint8_t padding[6];
};

int ring_make(struct io_uring *ring)
{
	struct io_uring_params params = {.flags = IORING_SETUP_SQE128 | IORING_SETUP_CQSIZE |
						  IORING_SETUP_SINGLE_ISSUER |
						  IORING_SETUP_DEFER_TASKRUN,
					 .cq_entries = 4 * RING_DEPTH};

	return io_uring_queue_init_params(2 * RING_DEPTH, ring, &params);
}

int ring_open(struct io_uring *ring, int fuse_fd)
{
	int r = ring_make(ring);

	if (r < 0)
		return r;
	r = io_uring_register_files(ring, &fuse_fd, 1);
	if (r < 0) {
		io_uring_queue_exit(ring);
		return r;
	}
	io_uring_register_ring_fd(ring); /* saves finding it at each call, if it works */
	return 0;
}

int ring_entry_init(struct ring_entry *entry, uint32_t payload)
{
	entry->payload = malloc(payload);
	if (!entry->payload)
		return -ENOMEM;
	entry->iov[0] = (struct iovec){&entry->header, sizeof(entry->header)};
	entry->iov[1] = (struct iovec){entry->payload, payload};
	return 0;
}

void ring_entry_release(struct ring_entry *entry)
{
	free(entry->payload);
}

size_t ring_request_room(uint32_t payload)
{
	return sizeof(struct fuse_in_header) + RING_HEADER_AREA + payload;
}

size_t ring_entry_request(const struct ring_entry *entry, char *request)
{
	const struct fuse_in_header *in = (const void *)entry->header.in_out;
	size_t payload = entry->header.payload_size;
	size_t first = in->len - sizeof(*in) - payload;

	memcpy(request, in, sizeof(*in));
	if (in->len < sizeof(*in) + payload || first > RING_HEADER_AREA)
		return 0;
	memcpy(request + sizeof(*in), entry->header.op_in, first);
	memcpy(request + sizeof(*in) + first, entry->payload, payload);
	return in->len;
}

void ring_entry_reply(struct ring_entry *entry, const struct iovec *iov, int count)
{
	size_t size = 0, room = entry->iov[1].iov_len;

	memcpy(entry->header.in_out, iov[0].iov_base, sizeof(struct fuse_out_header));
	for (int i = 1; i < count && iov[i].iov_len <= room - size; i++) {
		memcpy(entry->payload + size, iov[i].iov_base, iov[i].iov_len);
		size += iov[i].iov_len;
	}
	entry->header.payload_size = (uint32_t)size;
}

/* A cleared one; the ring has room for all that can be on the way. */
static struct io_uring_sqe *sqe_get(struct io_uring *ring)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	if (!sqe)
		abort();
	memset((void *)sqe, 0, 128);
	return sqe;
}

static void command_put(struct io_uring *ring, struct ring_entry *entry, unsigned int operation,
			uint16_t queue, uint64_t data)
{
	struct io_uring_sqe *sqe = sqe_get(ring);
	struct ring_command *command = (struct ring_command *)sqe->cmd;

	sqe->opcode = IORING_OP_URING_CMD;
	sqe->flags = IOSQE_FIXED_FILE;
	sqe->fd = 0; /* the first of the registered files */
	sqe->cmd_op = operation;
	sqe->addr = (uint64_t)(uintptr_t)entry->iov;
	sqe->len = 2;
	sqe->user_data = data;
	command->commit_id = entry->header.commit_id;
	command->qid = queue;
}

void ring_register(struct io_uring *ring, struct ring_entry *entry, uint16_t queue, uint64_t data)
{
	command_put(ring, entry, CMD_REGISTER, queue, data);
}

void ring_commit(struct io_uring *ring, struct ring_entry *entry, uint16_t queue, uint64_t data)
{
	command_put(ring, entry, CMD_COMMIT_AND_FETCH, queue, data);
}

void ring_read_event(struct io_uring *ring, int event_fd, uint64_t *event, uint64_t data)
{
	struct io_uring_sqe *sqe = sqe_get(ring);

	io_uring_prep_read(sqe, event_fd, event, sizeof(*event), 0);
	sqe->user_data = data;
}
