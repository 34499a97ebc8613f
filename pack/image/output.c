// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/output.h"

#include <errno.h>
#include <fcntl.h>

#include "db/base/io.h"

enum { START_EVERY = 8 * 1024 * 1024 }; /* bytes */

int output_replace(struct output *output, const void *data, size_t size, uint64_t position)
{
	return output->fd < 0 ? 0 : io_pwrite(output->fd, data, size, position);
}

/*
 * What was written goes to the disk while we compress more: whoever syncs the image in the end has not
 * all of it to wait for. Only a matter of time, so it may fail.
 */
static void start_writing(struct output *output)
{
	uint64_t size = output->position - output->started;

	if (output->fd < 0 || size < START_EVERY)
		return;
	sync_file_range(output->fd, (off_t)output->started, (off_t)size, SYNC_FILE_RANGE_WRITE);
	output->started = output->position;
}

int output_add(struct output *output, const void *data, size_t size)
{
	int r = output_replace(output, data, size, output->position);

	if (r < 0)
		return r;
	output->position += size;
	start_writing(output);
	return 0;
}

int output_copy(struct output *output, void *buffer, size_t size, uint64_t from)
{
	ssize_t got = output->fd < 0 ? (ssize_t)size : io_pread(output->fd, buffer, size, from);

	if (got < 0)
		return (int)got;
	return (size_t)got == size ? output_add(output, buffer, size) : -EIO;
}
