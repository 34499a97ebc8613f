// SPDX-License-Identifier: BSD-2-Clause
#include "pack/source/source.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/open_beneath.h"
#include "db/base/path.h"
#include "pack/source/kept_lists.h"
#include "pack/tree/arena.h"

enum { HOPS_MAX = 40 }; /* as many as the kernel follows */

struct source {
	int fd;
	char *path;
	struct hash entries; /* struct source_entry by path */
	struct arena memory; /* of entries, and targets of links */
	int parent_fd;       /* the directory looked into last, or -1 */
	char *parent;        /* its real path */
	bool keeps_lists;
	struct kept_lists lists, matches; /* by directory; by pattern */
};

int source_open(const char *path, struct source **ret_source, struct error *err)
{
	_cleanup_(source_closep) struct source *source = calloc(1, sizeof(*source));

	if (!source)
		return error_oom(err);
	source->fd = source->parent_fd = -1;
	source->path = strdup(path);
	if (!source->path)
		return error_oom(err);
	source->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (source->fd < 0)
		return error_errno(err, "cannot open the source directory '%s'", path);
	*ret_source = take(source);
	return 0;
}

void source_close(struct source *source)
{
	if (!source)
		return;
	hash_release(&source->entries);
	arena_release(&source->memory);
	kept_lists_release(&source->lists);
	kept_lists_release(&source->matches);
	closep(&source->parent_fd);
	closep(&source->fd);
	free(source->parent);
	free(source->path);
	free(source);
}

void source_closep(struct source **source)
{
	source_close(*source);
}

int source_fd(const struct source *source)
{
	return source->fd;
}

const char *source_path(const struct source *source)
{
	return source->path;
}

void source_keep_lists(struct source *source)
{
	source->keeps_lists = true;
}

struct kept_lists *source_kept_lists(struct source *source)
{
	return source->keeps_lists ? &source->lists : NULL;
}

struct kept_lists *source_kept_matches(struct source *source)
{
	return &source->matches;
}

static struct source_entry *known_find(struct source *source, const char *path, size_t length,
				       uint64_t hash)
{
	for (struct hash_link *l = hash_first(&source->entries, hash); l; l = hash_next(l, hash)) {
		struct source_entry *entry = container_of(l, struct source_entry, link);

		if (strncmp(entry->path, path, length) == 0 && entry->path[length] == '\0')
			return entry;
	}
	return NULL;
}

/* The length of the parent of a canonical path: 1 for "/" and "/bin". */
static size_t parent_length(const char *path)
{
	size_t length = (size_t)(path_name(path) - path);

	return length > 1 ? length - 1 : 1;
}

/* Keep the parent of `path` open: neighbours come one after another. */
static int parent_open(struct source *source, const char *path)
{
	size_t length = parent_length(path);
	char *parent;
	int fd;

	if (source->parent && strncmp(source->parent, path, length) == 0 &&
	    source->parent[length] == '\0')
		return source->parent_fd;
	parent = strndup(path, length);
	if (!parent)
		return -ENOMEM;
	fd = open_beneath(source->fd, parent, O_PATH | O_DIRECTORY);
	if (fd < 0) {
		free(parent);
		return fd;
	}
	closep(&source->parent_fd);
	free(source->parent);
	source->parent = parent;
	source->parent_fd = fd;
	return fd;
}

static int read_target(struct source *source, int dirfd, struct source_entry *entry)
{
	char target[PATH_MAX];
	ssize_t size = readlinkat(dirfd, path_name(entry->path), target, sizeof(target));

	if (size < 0)
		return -errno;
	entry->target = arena_take(&source->memory, (size_t)size + 1);
	if (!entry->target)
		return -ENOMEM;
	memcpy(entry->target, target, (size_t)size);
	return 0;
}

/* lstat(2) into an entry; stays ENTRY_MISSING when there is nothing. */
static int entry_fill(struct source *source, struct source_entry *entry)
{
	const char *name = path_name(entry->path);
	struct stat st;
	int dirfd;

	dirfd = entry->path[1] ? parent_open(source, entry->path) : source->fd;
	if (dirfd < 0)
		return source_has_none(dirfd) ? 0 : dirfd;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT) < 0)
		return source_has_none(-errno) ? 0 : -errno;
	if (S_ISLNK(st.st_mode)) {
		int r = read_target(source, dirfd, entry);

		if (r < 0)
			return r;
	}
	entry->kind = entry_kind_of_mode(st.st_mode);
	entry->mode = st.st_mode & 07777;
	entry->uid = st.st_uid;
	entry->gid = st.st_gid;
	entry->nlink = (uint32_t)st.st_nlink;
	entry->size = (uint64_t)st.st_size;
	entry->mtime_ns = st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
	entry->dev = st.st_dev;
	entry->ino = st.st_ino;
	return 0;
}

int source_look(struct source *source, const char *path, const struct source_entry **ret_entry,
		struct error *err)
{
	size_t length = strlen(path);
	uint64_t hash = hash_bytes(path, length);
	struct source_entry *entry = known_find(source, path, length, hash);
	int r;

	if (!entry) {
		entry = arena_take(&source->memory, sizeof(*entry) + length + 1);
		if (!entry)
			return error_oom(err);
		memcpy(entry->path, path, length + 1);
		r = entry_fill(source, entry);
		if (r == 0)
			r = hash_add(&source->entries, &entry->link, hash);
		if (r < 0)
			return error_code(err, r, "cannot look at '%s' in '%s'", path,
					  source->path);
	}
	*ret_entry = entry;
	return 0;
}

/* One walk in progress: where we are, and what is still to be walked. */
struct walk {
	const struct source_entry *at;
	char *rest; /* owned */
	size_t done; /* bytes of rest that are behind us */
	int hops;
};

static void walk_release(struct walk *walk)
{
	free(walk->rest);
}

static int walk_through(struct source *source, struct walk *walk, const struct source_entry *link,
			struct error *err)
{
	char *rest;

	if (++walk->hops > HOPS_MAX)
		return error_set(err, -ELOOP, "'%s': too many levels of symbolic links", link->path);
	rest = path_join(link->target, walk->rest + walk->done);
	if (!rest)
		return error_oom(err);
	free(walk->rest);
	walk->rest = rest;
	walk->done = 0;
	return rest[0] == '/' ? source_look(source, "/", &walk->at, err) : 0;
}

/* Take the next part "." and ".." included; *ret_next is where it leads, links not followed. */
static int walk_part(struct source *source, const struct walk *walk, const char *part,
		     size_t length, const struct source_entry **ret_next, struct error *err)
{
	_cleanup_(freep) char *name = strndup(part, length), *path = NULL;

	if (!name)
		return error_oom(err);
	if (walk->at->kind != ENTRY_DIR)
		return error_set(err, -ENOTDIR, "'%s' is not a directory", walk->at->path);
	if (strcmp(name, ".") == 0) {
		*ret_next = walk->at;
		return 0;
	}
	path = strcmp(name, "..") == 0 ? path_parent(walk->at->path)
				       : path_join(walk->at->path, name);
	if (!path)
		return error_oom(err);
	return source_look(source, path, ret_next, err);
}

/* Most paths asked for are real, with a parent that is known: then there is nothing to walk. */
static const struct source_entry *walk_shortcut(struct source *source, const char *path)
{
	const struct source_entry *parent, *entry;
	size_t length;

	if (!path_is_canonical(path) || !path[1])
		return NULL;
	length = parent_length(path);
	parent = known_find(source, path, length, hash_bytes(path, length));
	if (!parent || parent->kind != ENTRY_DIR || source_look(source, path, &entry, NULL) < 0 ||
	    entry->kind == ENTRY_MISSING || entry->kind == ENTRY_LINK)
		return NULL;
	return entry;
}

int source_walk(struct source *source, const char *path, unsigned int flags, source_hop hop,
		void *data, const struct source_entry **ret_entry, struct error *err)
{
	_cleanup_(walk_release) struct walk walk = {0};
	int r;

	walk.at = walk_shortcut(source, path);
	if (walk.at) {
		*ret_entry = walk.at;
		return 0;
	}
	walk.rest = strdup(path);
	if (!walk.rest)
		return error_oom(err);
	r = source_look(source, "/", &walk.at, err);
	while (r == 0) {
		const char *left = walk.rest + walk.done, *part;
		const struct source_entry *next;
		size_t length;

		part = path_next(&left, &length);
		if (!part)
			break;
		walk.done = (size_t)(left - walk.rest);
		if (hop && length == 2 && memcmp(part, "..", 2) == 0)
			r = hop(walk.at, data);
		if (r == 0)
			r = walk_part(source, &walk, part, length, &next, err);
		if (r == 0 && next->kind == ENTRY_MISSING)
			r = error_set(err, -ENOENT, "'%s' is not in '%s'", next->path,
				      source->path);
		if (r != 0)
			break;
		if (next->kind != ENTRY_LINK || (!*left && !(flags & SOURCE_FOLLOW))) {
			walk.at = next;
			continue;
		}
		r = hop ? hop(next, data) : 0;
		if (r == 0)
			r = walk_through(source, &walk, next, err);
	}
	if (r == 0)
		*ret_entry = walk.at;
	return r;
}

int source_open_file(struct source *source, const char *path, int *ret_fd, struct error *err)
{
	int dirfd = parent_open(source, path), fd;
	struct stat st;

	if (dirfd < 0)
		return error_code(err, dirfd, "cannot open the directory of '%s' in '%s'", path,
				  source->path);
	/* O_NONBLOCK: should it have become a fifo, we do not wait for its writer */
	fd = openat(dirfd, path[1] ? path_name(path) : ".",
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "cannot open '%s' in '%s'", path, source->path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return error_set(err, -EINVAL, "'%s' in '%s' is not a regular file", path,
				 source->path);
	}
	*ret_fd = fd;
	return 0;
}

int source_read(struct source *source, const char *path, size_t limit, struct text *text,
		struct error *err)
{
	const struct source_entry *entry;
	_cleanup_(closep) int fd = -1;
	char buffer[16 * 1024];
	size_t total = 0;
	ssize_t size;
	int r;

	r = source_walk(source, path, SOURCE_FOLLOW, NULL, NULL, &entry, err);
	if (r == 0)
		r = source_open_file(source, entry->path, &fd, err);
	if (r < 0)
		return r;
	while ((size = io_read(fd, buffer, sizeof(buffer))) > 0) {
		total += (size_t)size;
		if (total > limit)
			return error_set(err, -EFBIG, "'%s' is larger than %zu bytes", path, limit);
		if (text_add_bytes(text, buffer, (size_t)size) < 0)
			return error_oom(err);
	}
	if (size < 0)
		return error_code(err, (int)size, "cannot read '%s' in '%s'", path, source->path);
	return 0;
}
