/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole reads and writes (no short counts, EINTR retried), whole small files, and files that appear
 * under their name only when they are whole:
 *
 *	_cleanup_(io_output_release) struct io_output output = IO_OUTPUT_INIT;
 *
 *	r = io_output_open(&output, path, 0644, err);
 *	…write to output.fd…
 *	r = io_publish(&output, err);
 *
 * What is not published is removed by io_output_release().
 */
#ifndef DB_BASE_IO_H
#define DB_BASE_IO_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/base/error.h"
#include "db/base/text.h"

/* Bytes read: less than size only at the end of the file; or a negative errno. */
ssize_t io_read(int fd, void *data, size_t size);
ssize_t io_pread(int fd, void *data, size_t size, uint64_t offset);

/* 0 or a negative errno; part may have been written then. */
int io_write(int fd, const void *data, size_t size);
int io_pwrite(int fd, const void *data, size_t size, uint64_t offset);

/*
 * Add a whole file to `text`: 0, or a negative errno with err set: -EFBIG when it is larger than
 * limit bytes. path is opened relative to dirfd (AT_FDCWD allowed).
 */
int io_read_file(int dirfd, const char *path, size_t limit, struct text *text, struct error *err);

/*
 * What goes on in the background gives up its standard input and output, and its standard error if
 * that is a pipe: whoever reads from one would wait for our end.
 */
void io_leave_streams(void);

struct io_output {
	int fd;          /* open for reading and writing; owned */
	char *path;      /* where it will appear */
	/*
	 * Where it is now: the same directory, a name starting with "."; NULL while it has no name at
	 * all, so that nothing of it outlives a kill.
	 */
	char *temporary;
	bool only_new; /* set it after opening: what appeared at `path` meanwhile is not replaced */
};

#define IO_OUTPUT_INIT                                                                             \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/*
 * Start a file that is to become `path`. A path that exists and is not a regular file (a directory, a
 * device, /dev/null) is refused with -EINVAL or -EISDIR.
 */
int io_output_open(struct io_output *output, const char *path, mode_t mode, struct error *err);
/* The same with a name from the start, for who opens it by that. */
int io_output_open_named(struct io_output *output, const char *path, mode_t mode,
			 struct error *err);
/* fsync, rename over `path`, close: it stands there whole or, on an error, as it was before. */
int io_publish(struct io_output *output, struct error *err);
/* Close, and remove what was not published. */
void io_output_release(struct io_output *output);
/*
 * From a signal handler: remove the temporary of every output that is open now. Async-signal-safe.
 * For programs that die by SIGINT or SIGTERM in mid-write.
 */
void io_output_abandon_all(void);

#endif
