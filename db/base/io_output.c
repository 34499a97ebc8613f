// SPDX-License-Identifier: BSD-2-Clause
/* Files that appear under their name only when they are whole. */
#include "db/base/io.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"

enum { ATTEMPTS = 10, PROC_PATH_SIZE = 32 };

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

static const char *proc_path(int fd, char path[PROC_PATH_SIZE])
{
	snprintf(path, PROC_PATH_SIZE, "/proc/self/fd/%d", fd);
	return path;
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

/* A file of the directory of `path` that has no name: killed, we leave nothing. */
static int open_unnamed(const char *path, mode_t mode)
{
	const char *slash = strrchr(path, '/');
	_cleanup_(freep) char *directory =
		slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	_cleanup_(closep) int fd = -1;
	char proc[PROC_PATH_SIZE];

	if (!directory)
		return -ENOMEM;
	fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	/* this is the way to a name; without it we need one from the start */
	if (access(proc_path(fd, proc), F_OK) < 0)
		return -ENOENT;
	return take_fd(&fd);
}

/* A name that nobody has, for what `make` makes: a new file, or a link to one that has no name. */
static int make_temporary(struct io_output *output,
			  int (*make)(struct io_output *, const char *name, mode_t), mode_t mode)
{
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		_cleanup_(freep) char *name = temporary_name(output->path);
		int r;

		if (!name)
			return -ENOMEM;
		r = make(output, name, mode);
		if (r == -EEXIST)
			continue;
		if (r == 0) {
			output->temporary = take(name);
			temporary_remember(output->temporary);
		}
		return r;
	}
	return -EEXIST;
}

static int create_at(struct io_output *output, const char *name, mode_t mode)
{
	output->fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	return output->fd < 0 ? -errno : 0;
}

static int link_at(struct io_output *output, const char *name, mode_t mode)
{
	char proc[PROC_PATH_SIZE];

	(void)mode;
	return linkat(AT_FDCWD, proc_path(output->fd, proc), AT_FDCWD, name, AT_SYMLINK_FOLLOW) < 0
		       ? -errno
		       : 0;
}

static int open_beside(struct io_output *output, const char *path, mode_t mode, bool named,
		       struct error *err)
{
	struct stat st;
	int r = 0;

	*output = (struct io_output)IO_OUTPUT_INIT;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return error_set(err, S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL,
				 "cannot write '%s': it is %s", path,
				 S_ISDIR(st.st_mode) ? "a directory" : "not a regular file");
	output->path = strdup(path);
	if (!output->path)
		return error_oom(err);
	if (!named)
		output->fd = open_unnamed(path, mode);
	if (output->fd < 0) {
		output->fd = -1;
		r = make_temporary(output, create_at, mode);
	}
	if (r < 0) {
		io_output_release(output);
		return error_code(err, r, "cannot create '%s'", path);
	}
	return 0;
}

int io_output_open(struct io_output *output, const char *path, mode_t mode, struct error *err)
{
	return open_beside(output, path, mode, false, err);
}

int io_output_open_named(struct io_output *output, const char *path, mode_t mode,
			 struct error *err)
{
	return open_beside(output, path, mode, true, err);
}

/* Where a file system cannot rename without replacing, a link can. */
static int rename_new(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL || link(from, to) < 0)
		return -1;
	unlink(from);
	return 0;
}

/* A link never replaces what is there; a rename does, and for that the file needs a name. */
static int give_name(struct io_output *output)
{
	int r;

	if (!output->temporary) {
		r = link_at(output, output->path, 0);
		if (r != -EEXIST || output->only_new)
			return r;
		r = make_temporary(output, link_at, 0);
		if (r < 0)
			return r;
	}
	if (output->only_new ? rename_new(output->temporary, output->path)
			     : rename(output->temporary, output->path))
		return -errno;
	temporary_forget(output->temporary);
	free(take(output->temporary));
	return 0;
}

int io_publish(struct io_output *output, struct error *err)
{
	int r;

	if (fsync(output->fd) < 0)
		return error_errno(err, "cannot write '%s'", output->path);
	r = give_name(output);
	if (r < 0)
		return error_code(err, r, "cannot create '%s'", output->path);
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
