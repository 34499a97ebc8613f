// SPDX-License-Identifier: BSD-2-Clause
#include "stage/layer/diff.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "stage/mount/marks.h"

struct diff {
	diff_visit visit;
	void *data;
	struct text path;
	struct error *err;
};

struct names {
	char **items;
	size_t count, capacity;
};

static void names_release(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	array_release(names);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Add the names in a directory. */
static int names_of(int fd, struct names *names)
{
	_cleanup_(closedirp) DIR *dir = NULL;
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *item;

	dir = copy < 0 ? NULL : fdopendir(copy);
	if (!dir)
		return -errno;
	while ((item = readdir(dir))) {
		char *name;

		if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0)
			continue;
		name = strdup(item->d_name);
		if (!name || array_push(names, name) < 0) {
			free(name);
			return -ENOMEM;
		}
	}
	return 0;
}

static void sort(struct names *names)
{
	size_t kept = 0;

	array_sort(names, by_bytes);
	for (size_t i = 0; i < names->count; i++) {
		if (kept && strcmp(names->items[kept - 1], names->items[i]) == 0)
			free(names->items[i]);
		else
			names->items[kept++] = names->items[i];
	}
	names->count = kept;
}

/* What the layers below show under a name: the first that has one decides. */
static bool look_below(const struct fds *lowers, const char *name, struct stat *ret_st)
{
	for (size_t i = 0; i < lowers->count; i++)
		if (fstatat(lowers->items[i], name, ret_st, AT_SYMLINK_NOFOLLOW) == 0)
			return !mark_is_whiteout(lowers->items[i], name, ret_st);
	return false;
}

/* The directories that lie below one another under a name, up to one that hides the rest. */
static int descend(const struct fds *lowers, const char *name, struct fds *ret_lowers)
{
	for (size_t i = 0; i < lowers->count; i++) {
		int fd = openat(lowers->items[i], name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return errno == ENOTDIR || errno == ELOOP ? 0 : -errno;
		if (array_push(ret_lowers, fd) < 0) {
			close(fd);
			return -ENOMEM;
		}
		if (mark_is_opaque(fd))
			return 0;
	}
	return 0;
}

static int tell(struct diff *diff, char what)
{
	return diff->visit(what, diff->path.size ? diff->path.bytes : "/", diff->data);
}

static bool is_same_directory(const struct stat *a, const struct stat *b)
{
	return a->st_mode == b->st_mode && a->st_uid == b->st_uid && a->st_gid == b->st_gid;
}

static int walk(struct diff *diff, int upper, const struct fds *lowers, bool hides);

static int one(struct diff *diff, int upper, const struct fds *lowers, const char *name, bool hides)
{
	_cleanup_(fds_release) struct fds below = ARRAY_INIT;
	_cleanup_(closep) int fd = -1;
	struct stat st, old;
	bool was = look_below(lowers, name, &old);
	int r = 0;

	if (fstatat(upper, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT && hides ? (was ? tell(diff, 'D') : 0) : -errno;
	if (mark_is_whiteout(upper, name, &st))
		return was ? tell(diff, 'D') : 0;
	if (!was)
		r = tell(diff, 'A');
	else if (!S_ISDIR(st.st_mode) || !is_same_directory(&st, &old))
		r = tell(diff, 'M');
	if (r != 0 || !S_ISDIR(st.st_mode))
		return r;
	fd = openat(upper, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = was ? descend(lowers, name, &below) : 0;
	return r < 0 ? r : walk(diff, fd, &below, mark_is_opaque(fd));
}

/* hides: what is below and not in `upper` is deleted, too. */
static int walk(struct diff *diff, int upper, const struct fds *lowers, bool hides)
{
	_cleanup_(names_release) struct names names = ARRAY_INIT;
	size_t length = diff->path.size;
	int r = names_of(upper, &names);

	for (size_t i = 0; r == 0 && hides && i < lowers->count; i++)
		r = names_of(lowers->items[i], &names);
	sort(&names);
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		text_printf(&diff->path, "/%s", names.items[i]);
		r = text_failed(&diff->path) ? -ENOMEM
					     : one(diff, upper, lowers, names.items[i], hides);
		if (r < 0 && diff->err && !*diff->err->message)
			error_code(diff->err, r, "cannot look at '%s'", diff->path.bytes);
		diff->path.size = length;
		if (diff->path.capacity)
			diff->path.bytes[length] = '\0';
	}
	return r;
}

int diff_each(int upper, const struct fds *lowers, diff_visit visit, void *data, struct error *err)
{
	struct error none = ERROR_INIT;
	struct diff diff = {visit, data, TEXT_INIT, err ? err : &none};
	struct stat st, old;
	int r = 0;

	if (lowers->count && fstat(upper, &st) == 0 && fstat(lowers->items[0], &old) == 0 &&
	    !is_same_directory(&st, &old))
		r = tell(&diff, 'M');
	if (r == 0)
		r = walk(&diff, upper, lowers, false);
	text_release(&diff.path);
	return r;
}
