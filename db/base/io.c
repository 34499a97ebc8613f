// SPDX-License-Identifier: BSD-2-Clause
#include "db/base/io.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"

ssize_t io_read(int fd, void *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, (char *)data + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t io_pread(int fd, void *data, size_t size, uint64_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, (char *)data + done, size - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int io_write(int fd, const void *data, size_t size)
{
	const char *bytes = data;

	while (size) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

int io_pwrite(int fd, const void *data, size_t size, uint64_t offset)
{
	const char *bytes = data;

	while (size) {
		ssize_t n = pwrite(fd, bytes, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

int io_read_file(int dirfd, const char *path, size_t limit, struct text *text, struct error *err)
{
	_cleanup_(closep) int fd = -1;
	char buffer[16384];
	size_t total = 0;

	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return error_errno(err, "cannot open '%s'", path);
	for (;;) {
		ssize_t n = io_read(fd, buffer, sizeof(buffer));

		if (n < 0)
			return error_code(err, (int)n, "cannot read '%s'", path);
		if (n == 0)
			return 0;
		total += (size_t)n;
		if (total > limit)
			return error_set(err, -EFBIG, "'%s' is larger than %zu bytes", path, limit);
		if (text_add_bytes(text, buffer, (size_t)n) < 0)
			return error_oom(err);
	}
}

void io_leave_streams(void)
{
	_cleanup_(closep) int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct stat st;

	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (fstat(STDERR_FILENO, &st) < 0 || S_ISFIFO(st.st_mode))
		dup2(null, STDERR_FILENO);
}
