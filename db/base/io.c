// SPDX-License-Identifier: BSD-2-Clause
#include "db/base/io.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
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

/* The temporaries that exist now, for io_output_abandon_all(); a slot is NULL when free. */
static const char *volatile temporaries[16];

static void temporary_remember(const char *path)
{
	for (size_t i = 0; i < sizeof(temporaries) / sizeof(*temporaries); i++) {
		const char *expected = NULL;

		if (__atomic_compare_exchange_n(&temporaries[i], &expected, path, false,
						__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return;
	}
}

static void temporary_forget(const char *path)
{
	for (size_t i = 0; i < sizeof(temporaries) / sizeof(*temporaries); i++)
		if (temporaries[i] == path)
			temporaries[i] = NULL;
}

void io_output_abandon_all(void)
{
	for (size_t i = 0; i < sizeof(temporaries) / sizeof(*temporaries); i++)
		if (temporaries[i])
			unlink(temporaries[i]);
}

/* "dir/.name.XXXXXXXX" beside path; NULL: out of memory. */
static char *temporary_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char *temporary = NULL;
	uint64_t random = 0;

	/* a weak number only costs another try: the file is opened with O_EXCL */
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (uint64_t)getpid();
	/* 200 bytes of the name, so that a 255-byte name still has room for the rest */
	if (asprintf(&temporary, "%.*s.%.200s.%012llx", (int)(name - path), path, name,
		     (unsigned long long)(random & 0xffffffffffff)) < 0)
		return NULL;
	return temporary;
}

int io_output_open(struct io_output *output, const char *path, mode_t mode, struct error *err)
{
	struct stat st;

	*output = (struct io_output)IO_OUTPUT_INIT;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return error_set(err, S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL,
				 "cannot write '%s': it is %s", path,
				 S_ISDIR(st.st_mode) ? "a directory" : "not a regular file");
	for (int attempt = 0; attempt < 10; attempt++) {
		char *temporary = temporary_name(path);

		if (!temporary)
			return error_oom(err);
		output->fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (output->fd >= 0) {
			output->temporary = temporary;
			temporary_remember(temporary);
			break;
		}
		free(temporary);
		if (errno != EEXIST)
			break;
	}
	if (output->fd < 0)
		return error_errno(err, "cannot create '%s'", path);
	output->path = strdup(path);
	if (!output->path) {
		io_output_release(output);
		return error_oom(err);
	}
	return 0;
}

int io_publish(struct io_output *output, struct error *err)
{
	if (fsync(output->fd) < 0)
		return error_errno(err, "cannot write '%s'", output->path);
	if (rename(output->temporary, output->path) < 0)
		return error_errno(err, "cannot create '%s'", output->path);
	temporary_forget(output->temporary);
	free(take(output->temporary));
	io_output_release(output);
	return 0;
}

void io_output_release(struct io_output *output)
{
	int saved = errno;

	if (output->temporary) {
		unlink(output->temporary);
		temporary_forget(output->temporary);
	}
	closep(&output->fd);
	free(output->temporary);
	free(output->path);
	*output = (struct io_output)IO_OUTPUT_INIT;
	errno = saved;
}
