// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/output.h"

#include <errno.h>

#include "db/base/io.h"

int output_replace(struct output *output, const void *data, size_t size, uint64_t position)
{
	return output->fd < 0 ? 0 : io_pwrite(output->fd, data, size, position);
}

int output_add(struct output *output, const void *data, size_t size)
{
	int r = output_replace(output, data, size, output->position);

	if (r == 0)
		output->position += size;
	return r;
}

int output_copy(struct output *output, void *buffer, size_t size, uint64_t from)
{
	ssize_t got = output->fd < 0 ? (ssize_t)size : io_pread(output->fd, buffer, size, from);

	if (got < 0)
		return (int)got;
	return (size_t)got == size ? output_add(output, buffer, size) : -EIO;
}
