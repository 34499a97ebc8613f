// SPDX-License-Identifier: BSD-2-Clause
#include "pack/tree/content_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"

enum {
	BLOCK = 4096,	    /* the unit in which holes are kept */
	ALIGN_FROM = 32768, /* contents this large start on a block, so that holes stay aligned */
};

struct content_file {
	int fd;
	uint64_t size;
};

/* The old way, for file systems without O_TMPFILE. */
static int open_named(const char *directory, struct error *err)
{
	_cleanup_(freep) char *path = path_join(directory, ".tracepack.XXXXXX");
	int fd;

	if (!path)
		return error_oom(err);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "cannot create a temporary file in '%s'", directory);
	unlink(path);
	return fd;
}

static int open_unlinked(const char *directory, struct error *err)
{
	int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	if (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)
		return open_named(directory, err);
	return error_errno(err, "cannot create a temporary file in '%s'", directory);
}

int content_file_new(const char *directory, struct content_file **ret_file, struct error *err)
{
	_cleanup_(content_file_freep) struct content_file *contents = calloc(1, sizeof(*contents));

	if (!contents)
		return error_oom(err);
	contents->fd = -1;
	if (!directory)
		directory = getenv("TMPDIR");
	if (!directory || !*directory)
		directory = "/var/tmp";
	contents->fd = open_unlinked(directory, err);
	if (contents->fd < 0)
		return contents->fd;
	*ret_file = take(contents);
	return 0;
}

void content_file_free(struct content_file *contents)
{
	if (!contents)
		return;
	closep(&contents->fd);
	free(contents);
}

void content_file_freep(struct content_file **contents)
{
	content_file_free(*contents);
}

int content_file_fd(const struct content_file *contents)
{
	return contents->fd;
}

uint64_t content_file_size(const struct content_file *contents)
{
	return contents->size;
}

int content_file_begin(struct content_file *contents, uint64_t size, uint64_t *ret_offset,
		       struct error *err)
{
	uint64_t start = contents->size;

	if (size >= ALIGN_FROM)
		start = (start + BLOCK - 1) / BLOCK * BLOCK;
	if (size > INT64_MAX || start > INT64_MAX - size)
		return error_set(err, -EFBIG, "contents of %llu bytes do not fit a temporary file",
				 (unsigned long long)size);
	/* grown first: what is then not written reads as zeros */
	if (ftruncate(contents->fd, (off_t)(start + size)) < 0)
		return error_errno(err, "cannot grow the temporary file");
	contents->size = start + size;
	*ret_offset = start;
	return 0;
}

static bool is_zero(const char *data, size_t size)
{
	return data[0] == 0 && memcmp(data, data + 1, size - 1) == 0;
}

/* How many bytes from `data` on are alike: a run of whole zero blocks, or a run of others. */
static size_t run_length(uint64_t offset, const char *data, size_t size, bool *ret_zero)
{
	size_t done = 0;

	while (done < size) {
		size_t n = BLOCK - (offset + done) % BLOCK;
		bool zero;

		if (n > size - done)
			n = size - done;
		zero = is_zero(data + done, n);
		if (done && zero != *ret_zero)
			break;
		*ret_zero = zero;
		done += n;
	}
	return done;
}

int content_file_write(struct content_file *contents, uint64_t offset, const void *data,
		       size_t size, uint64_t *ret_stored, struct error *err)
{
	const char *bytes = data;

	while (size) {
		bool zero = false;
		size_t n = run_length(offset, bytes, size, &zero);
		int r = zero ? 0 : io_pwrite(contents->fd, bytes, n, offset);

		if (r < 0)
			return error_code(err, r, "cannot write the temporary file");
		if (!zero)
			*ret_stored += n;
		bytes += n;
		offset += n;
		size -= n;
	}
	return 0;
}
