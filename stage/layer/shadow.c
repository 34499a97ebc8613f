// SPDX-License-Identifier: BSD-2-Clause
#include "stage/layer/shadow.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/open_beneath.h"
#include "stage/layer/diff.h"

enum { BLOCK = 64 << 10 };

struct shadowing {
	int upper, bases[2];
	shadow_visit visit;
	void *data;
	struct error *err;
};

/* What a base has at a path: an O_PATH descriptor and its kind; -ENOENT: nothing. */
static int open_at_path(int base, const char *path, int *ret_fd, struct stat *ret_st)
{
	int fd = open_beneath(base, path, O_PATH | O_NOFOLLOW);

	if (fd < 0)
		return fd == -ENOTDIR || fd == -ELOOP ? -ENOENT : fd;
	if (fstat(fd, ret_st) < 0) {
		close(fd);
		return -errno;
	}
	*ret_fd = fd;
	return 0;
}

static int links_differ(const int fds[2])
{
	char targets[2][PATH_MAX];
	ssize_t lengths[2];

	for (int i = 0; i < 2; i++) {
		lengths[i] = readlinkat(fds[i], "", targets[i], PATH_MAX);
		if (lengths[i] < 0)
			return -errno;
	}
	return lengths[0] != lengths[1] || memcmp(targets[0], targets[1], (size_t)lengths[0]) != 0;
}

static int contents_differ(const struct shadowing *shadowing, const char *path)
{
	_cleanup_(freep) char *blocks = malloc(2 * BLOCK);
	_cleanup_(closep) int a = open_beneath(shadowing->bases[0], path, O_RDONLY | O_NOFOLLOW);
	_cleanup_(closep) int b = open_beneath(shadowing->bases[1], path, O_RDONLY | O_NOFOLLOW);
	ssize_t n, m;

	if (!blocks)
		return -ENOMEM;
	if (a < 0 || b < 0)
		return a < 0 ? a : b;
	do {
		n = io_read(a, blocks, BLOCK);
		m = n < 0 ? n : io_read(b, blocks + BLOCK, BLOCK);
		if (n < 0 || m < 0)
			return (int)(n < 0 ? n : m);
		if (n != m || memcmp(blocks, blocks + BLOCK, (size_t)n) != 0)
			return 1;
	} while (n > 0);
	return 0;
}

/* 1 the bases have other things there, 0 the same or nothing. */
static int bases_differ(const struct shadowing *shadowing, const char *path)
{
	_cleanup_(closep) int a = -1, b = -1;
	struct stat st[2];
	int r = open_at_path(shadowing->bases[0], path, &a, &st[0]);
	int s = r == 0 || r == -ENOENT ? open_at_path(shadowing->bases[1], path, &b, &st[1]) : r;

	if (r == -ENOENT && s == -ENOENT)
		return 0;
	if (r == -ENOENT || s == -ENOENT)
		return (r < 0 && r != -ENOENT) || (s < 0 && s != -ENOENT) ? -EIO : 1;
	if (r < 0 || s < 0)
		return r < 0 ? r : s;
	if (S_ISLNK(st[0].st_mode) && S_ISLNK(st[1].st_mode))
		return links_differ((const int[]){a, b});
	if (S_ISREG(st[0].st_mode) && S_ISREG(st[1].st_mode))
		return st[0].st_size != st[1].st_size ? 1 : contents_differ(shadowing, path);
	/* what is below a directory may be another */
	return 1;
}

static int one(char what, const char *path, void *data)
{
	struct shadowing *shadowing = data;
	struct stat st;
	int r;

	/* a directory of the layer's hides nothing by itself; at the top there is nothing else */
	if (what != 'D' && (!path[1] || fstatat(shadowing->upper, path + 1, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			    S_ISDIR(st.st_mode)))
		return 0;
	r = bases_differ(shadowing, path);
	if (r < 0)
		return error_code(shadowing->err, r, "cannot compare '%s'", path);
	return r ? shadowing->visit(path, what == 'D', shadowing->data) : 0;
}

int shadow_each(int upper, int old_base, int new_base, shadow_visit visit, void *data, struct error *err)
{
	struct shadowing shadowing = {upper, {old_base, new_base}, visit, data, err};
	_cleanup_(fds_release) struct fds lowers = ARRAY_INIT;

	/* what either of them has can be hidden */
	for (int i = 0; i < 2; i++) {
		int base = openat(shadowing.bases[i], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (base < 0)
			return error_errno(err, "cannot open the base");
		if (array_push(&lowers, base) < 0) {
			close(base);
			return error_oom(err);
		}
	}
	return diff_each(upper, &lowers, one, &shadowing, err);
}
