// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

static const struct streams none = {
	.items = {{.from = -1, .to = -1}, {.from = -1, .to = -1}, {.from = -1, .to = -1}},
	.theirs = {-1, -1, -1},
	.listener = -1,
	.master = -1,
	.aside = -1,
	.errors = -1,
};

/* A pipe, socket or terminal may block us; a file does not. */
static bool may_block(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode);
}

static void close_from(struct stream *stream)
{
	if (stream->ours_from)
		closep(&stream->from);
	stream->from = -1;
}

static void close_to(struct stream *stream)
{
	if (stream->ours_to)
		closep(&stream->to);
	stream->to = -1;
}

void streams_release(struct streams *streams)
{
	for (int i = 0; i < STREAMS; i++) {
		close_from(&streams->items[i]);
		close_to(&streams->items[i]);
		free(streams->items[i].buffer);
		streams->items[i].buffer = NULL;
	}
	streams_given(streams);
	closep(&streams->listener);
	closep(&streams->master);
	closep(&streams->aside);
	streams->listener = streams->master = streams->aside = -1;
}

void streams_init(struct streams *streams)
{
	*streams = none;
}

static int begin(struct streams *streams, struct error *err)
{
	*streams = none;
	for (int i = 0; i < STREAMS; i++) {
		streams->items[i].buffer = malloc(STREAM_BUFFER);
		if (!streams->items[i].buffer)
			return error_oom(err);
	}
	return 0;
}

/* Output goes through a pipe even where nobody wants it: what the program has is no file of ours. */
static int open_output(struct streams *streams, int number, int to, struct error *err)
{
	struct stream *stream = &streams->items[number];
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, "cannot make a pipe");
	stream->from = ends[0];
	stream->ours_from = true;
	stream->to = to;
	stream->gentle = may_block(to);
	streams->theirs[number] = ends[1];
	return 0;
}

/*
 * Nothing to read; and what a program writes there, which took it for its output, is not lost: an empty file in
 * memory that can never be executed. Kernels before 6.3 have none such.
 */
static bool open_empty(struct streams *streams)
{
	int fd = memfd_create("input", MFD_CLOEXEC | MFD_NOEXEC_SEAL);

	if (fd < 0)
		return false;
	streams->theirs[0] = fd;
	streams->aside = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return true;
}

static int open_input(struct streams *streams, int from, struct error *err)
{
	struct stream *stream = &streams->items[0];
	int ends[2];

	if (from < 0 && open_empty(streams))
		return 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, "cannot make a pipe");
	streams->theirs[0] = ends[0];
	if (from < 0) {
		close(ends[1]);
		return 0;
	}
	/* the description of this end is ours alone */
	if (fcntl(ends[1], F_SETFL, O_NONBLOCK) < 0) {
		close(ends[1]);
		return error_errno(err, "cannot make a pipe");
	}
	stream->from = from;
	stream->to = ends[1];
	stream->ours_to = true;
	return 0;
}

int streams_open(int input, int output, int errors, struct streams *streams, struct error *err)
{
	int r = begin(streams, err);

	if (r == 0)
		r = open_input(streams, input, err);
	if (r == 0)
		r = open_output(streams, 1, output, err);
	streams->errors = errors;
	return r < 0 ? r : open_output(streams, 2, errors, err);
}

void streams_given(struct streams *streams)
{
	for (int i = 0; i < STREAMS; i++) {
		closep(&streams->theirs[i]);
		streams->theirs[i] = -1;
	}
}

/* --- a terminal --- */

int streams_open_terminal(const char *path, int input, int output, struct streams *streams,
			  struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int r = begin(streams, err);

	if (r < 0)
		return r;
	streams->terminal = true;
	streams->items[0].from = input;
	streams->items[1].to = output;
	streams->items[1].gentle = true;
	if (strlen(path) >= sizeof(address.sun_path))
		return error_code(err, -ENAMETOOLONG, "cannot make the socket '%s'", path);
	strcpy(address.sun_path, path);
	streams->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (streams->listener < 0 ||
	    bind(streams->listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(streams->listener, 1) < 0)
		return error_errno(err, "cannot make the socket '%s'", path);
	return 0;
}

static int receive_descriptor(int connection)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char text[256];
	struct iovec part = {.iov_base = text, .iov_len = sizeof(text)};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *header;
	int fd;

	if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC) < 0)
		return -errno;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(int)))
		return -EPROTO;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

int streams_terminal(struct streams *streams, struct error *err)
{
	_cleanup_(closep) int connection = -1;
	struct pollfd waiting = {.fd = streams->listener, .events = POLLIN};
	int fd;

	if (!streams->terminal)
		return 0;
	if (poll(&waiting, 1, 0) == 1)
		connection = accept4(streams->listener, NULL, NULL, SOCK_CLOEXEC);
	fd = connection < 0 ? -EPROTO : receive_descriptor(connection);
	if (fd < 0)
		return error_code(err, fd, "the runtime sent no terminal");
	streams->master = fd;
	streams->items[0].to = streams->items[1].from = fd;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	streams_resize(streams);
	return 0;
}

void streams_resize(struct streams *streams)
{
	struct winsize size;

	if (streams->master >= 0 && ioctl(streams->items[1].to, TIOCGWINSZ, &size) == 0)
		ioctl(streams->master, TIOCSWINSZ, &size);
}

/* --- copying --- */

void streams_prepare(const struct streams *streams, struct pollfd fds[STREAM_POLLS])
{
	for (int i = 0; i < STREAMS; i++) {
		const struct stream *stream = &streams->items[i];
		bool full = stream->begin < stream->end;

		fds[2 * i] = (struct pollfd){.fd = full ? -1 : stream->from, .events = POLLIN};
		/* without events: tell us when nobody reads any more */
		fds[2 * i + 1] =
			(struct pollfd){.fd = stream->to, .events = full ? POLLOUT : 0};
	}
}

static void read_some(struct stream *stream)
{
	ssize_t n = read(stream->from, stream->buffer, STREAM_BUFFER);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* EIO: a terminal that nobody has open any more */
	if (n <= 0) {
		close_from(stream);
		return;
	}
	stream->begin = 0;
	stream->end = stream->to < 0 ? 0 : (size_t)n;
}

static void write_some(struct stream *stream)
{
	size_t size = stream->end - stream->begin;
	ssize_t n;

	if (stream->gentle && size > PIPE_BUF)
		size = PIPE_BUF;
	n = write(stream->to, stream->buffer + stream->begin, size);
	if (n > 0)
		stream->begin += (size_t)n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		if (errno != EPIPE && !stream->ours_to)
			stream->failed = -errno;
		stream->begin = stream->end = 0;
		close_to(stream);
	}
}

/* With one end gone the other has no use. The terminal is one descriptor for both ways. */
static void close_halves(struct streams *streams)
{
	for (int i = 0; i < STREAMS; i++) {
		struct stream *stream = &streams->items[i];
		bool empty = stream->begin == stream->end;

		if (stream->from < 0 && empty && (i != 0 || !streams->terminal))
			close_to(stream);
		if (stream->to < 0 && (i == 0 || stream->gentle))
			close_from(stream);
	}
	if (streams->terminal && streams->items[1].from < 0)
		streams->items[0].from = streams->items[0].to = -1;
}

void streams_copy(struct streams *streams, const struct pollfd fds[STREAM_POLLS])
{
	for (int i = 0; i < STREAMS; i++) {
		struct stream *stream = &streams->items[i];
		short in = fds[2 * i].fd < 0 ? 0 : fds[2 * i].revents;
		short out = fds[2 * i + 1].fd < 0 ? 0 : fds[2 * i + 1].revents;

		if (in)
			read_some(stream);
		if (out & (POLLERR | POLLHUP) && !(streams->terminal && i == 0)) {
			stream->begin = stream->end = 0;
			close_to(stream);
		} else if (out & POLLOUT && stream->begin < stream->end) {
			write_some(stream);
		} else if (in && !stream->gentle && stream->begin < stream->end) {
			write_some(stream);
		}
	}
	close_halves(streams);
}

void streams_gather(struct streams *streams)
{
	char *buffer = streams->items[0].buffer;
	struct stat st;
	ssize_t n;

	if (streams->aside < 0 || streams->errors < 0 || fstat(streams->aside, &st) < 0 || st.st_size == 0)
		return;
	n = io_pread(streams->aside, buffer, STREAM_BUFFER,
		     st.st_size > STREAM_BUFFER ? (uint64_t)st.st_size - STREAM_BUFFER : 0);
	if (n > 0)
		io_write(streams->errors, buffer, (size_t)n);
	closep(&streams->aside);
	streams->aside = -1;
}

int streams_failed(const struct streams *streams)
{
	for (int i = 1; i < STREAMS; i++)
		if (streams->items[i].failed)
			return streams->items[i].failed;
	return 0;
}

bool streams_ended(const struct streams *streams)
{
	for (int i = 1; i < STREAMS; i++)
		if (streams->items[i].from >= 0 ||
		    streams->items[i].begin < streams->items[i].end)
			return false;
	return true;
}
