// SPDX-License-Identifier: BSD-2-Clause
#include "stage/store/ours.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"

enum { CHUNK = 1 << 20 };

/* A directory that others may write is safe where it is sticky: what is root's in it stays. */
static bool root_alone_writes(const struct stat *st)
{
	if (st->st_uid != 0)
		return false;
	return !(st->st_mode & (S_IWGRP | S_IWOTH)) ||
	       (S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX));
}

static bool parents_are_ours(char *path)
{
	struct stat st;

	for (char *slash = strrchr(path, '/'); slash; slash = strrchr(path, '/')) {
		*slash = '\0';
		if (stat(*path ? path : "/", &st) < 0 || !root_alone_writes(&st))
			return false;
	}
	return true;
}

/* A lease to read is given only while nobody can write. */
static bool has_no_writer(int file)
{
	if (fcntl(file, F_SETLEASE, F_RDLCK) < 0)
		return false;
	fcntl(file, F_SETLEASE, F_UNLCK);
	return true;
}

bool file_is_own(int file)
{
	struct stat st;

	return fstat(file, &st) == 0 && st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)) &&
	       has_no_writer(file);
}

bool file_is_ours(int file, int store)
{
	char link[40], path[PATH_MAX];
	struct stat st, named, home;
	ssize_t n;

	if (fstat(file, &st) < 0 || fstat(store, &home) < 0 || st.st_dev != home.st_dev ||
	    !root_alone_writes(&st))
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
	n = readlink(link, path, sizeof(path) - 1);
	if (n <= 0 || path[0] != '/')
		return false;
	path[n] = '\0';
	if (lstat(path, &named) < 0 || named.st_dev != st.st_dev || named.st_ino != st.st_ino)
		return false;
	return parents_are_ours(path) && has_no_writer(file);
}

static int copy(int from, int to, const char *name, char ret_digest[DIGEST_HEX_SIZE],
		struct error *err)
{
	_cleanup_(digest_freep) struct digest *digest = NULL;
	_cleanup_(freep) char *buffer = malloc(CHUNK);
	uint64_t at = 0;
	struct stat st;
	ssize_t n;
	int r;

	if (!buffer || digest_new(&digest) < 0)
		return error_oom(err);
	if (fstat(from, &st) < 0)
		return error_errno(err, "cannot read '%s'", name);
	while ((n = io_pread(from, buffer, CHUNK, at)) > 0) {
		/* whoever writes it could go on for as long as there is room */
		if (at + (uint64_t)n > (uint64_t)st.st_size)
			return error_set(err, -ESTALE, "'%s' grows while it is read", name);
		r = io_write(to, buffer, (size_t)n);
		if (r < 0)
			return error_code(err, r, "cannot copy '%s' into the store", name);
		r = digest_add(digest, buffer, (size_t)n);
		if (r < 0)
			return error_code(err, r, "cannot digest '%s'", name);
		at += (uint64_t)n;
	}
	if (n < 0)
		return error_code(err, (int)n, "cannot read '%s'", name);
	r = digest_finish(digest, ret_digest);
	return r < 0 ? error_code(err, r, "cannot digest '%s'", name) : 0;
}

int file_copy(int file, const char *name, int store, int *ret_copy, char ret_digest[DIGEST_HEX_SIZE],
	      struct error *err)
{
	_cleanup_(closep) int ours =
		openat(store, "files", O_TMPFILE | O_RDWR | O_CLOEXEC, 0400);
	int r;

	if (ours < 0)
		return error_errno(err, "cannot copy '%s' into the store", name);
	r = copy(file, ours, name, ret_digest, err);
	if (r == 0)
		*ret_copy = take_fd(&ours);
	return r;
}

int file_make_ours(int file, const char *name, int store, int *ret_ours, bool *ret_copied,
		   char ret_digest[DIGEST_HEX_SIZE], struct error *err)
{
	_cleanup_(closep) int ours = -1;
	int r;

	if (file_is_ours(file, store)) {
		ours = fcntl(file, F_DUPFD_CLOEXEC, 0);
		r = ours < 0 ? error_errno(err, "cannot read '%s'", name)
			     : digest_fd(ours, ret_digest, err);
		if (r < 0)
			return r;
		*ret_copied = false;
		*ret_ours = take_fd(&ours);
		return 0;
	}
	r = file_copy(file, name, store, ret_ours, ret_digest, err);
	if (r == 0)
		*ret_copied = true;
	return r;
}
