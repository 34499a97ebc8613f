// SPDX-License-Identifier: BSD-2-Clause
#include "pack/layer/extract.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"

enum { BUFFER = 256 * 1024 };

struct extraction {
	const struct extract_options *options;
	struct extract_stats *stats;
	struct node *root;
	int rootfd; /* borrowed */
	int dirfd;  /* of the directory being filled; owned */
	char *buffer;
};

static void extraction_release(struct extraction *extraction)
{
	closep(&extraction->dirfd);
	free(extraction->buffer);
}

static int failed(const struct node *node, const char *what, struct error *err)
{
	int code = -errno;
	_cleanup_(freep) char *path = node_path(node);

	return error_code(err, code, "cannot %s '%s'", what, path ? path + 1 : node->name);
}

/* ---- contents ---- */

static int copy_bytes(struct extraction *x, int in, uint64_t from, int out, uint64_t to,
		      uint64_t size)
{
	while (size) {
		off_t source = (off_t)from, target = (off_t)to;
		ssize_t n =
		    copy_file_range(in, &source, out, &target, size < 1 << 24 ? size : 1 << 24, 0);
		int r;

		/* across file systems, from memory, or from kernels that will not: by hand */
		if (n <= 0) {
			n = io_pread(in, x->buffer, size < BUFFER ? size : BUFFER, from);
			if (n <= 0)
				return n < 0 ? (int)n : -ESTALE;
			r = io_pwrite(out, x->buffer, (size_t)n, to);
			if (r < 0)
				return r;
		}
		if (x->options->cancel && *x->options->cancel)
			return -EINTR;
		from += (uint64_t)n;
		to += (uint64_t)n;
		size -= (uint64_t)n;
		x->stats->bytes += (uint64_t)n;
		if (x->options->progress)
			x->options->progress(x->stats->bytes, x->options->progress_data);
	}
	return 0;
}

/* The parts that are data; what lies between stays a hole. */
static int copy_data(struct extraction *x, int in, uint64_t start, int out, uint64_t size)
{
	uint64_t done = 0;

	while (done < size) {
		off_t data = lseek(in, (off_t)(start + done), SEEK_DATA), hole;
		uint64_t from, until;
		int r;

		if (data < 0 && errno == ENXIO)
			return 0;
		if (data < 0)
			return copy_bytes(x, in, start + done, out, done, size - done);
		if ((uint64_t)data >= start + size)
			return 0;
		hole = lseek(in, data, SEEK_HOLE);
		from = (uint64_t)data - start;
		until = hole < 0 || (uint64_t)hole > start + size ? size : (uint64_t)hole - start;
		r = copy_bytes(x, in, start + from, out, from, until - from);
		if (r < 0)
			return r;
		done = until;
	}
	return 0;
}

static int make_file(struct extraction *x, const struct node *node, struct error *err)
{
	_cleanup_(closep) int out = openat(
	    x->dirfd, node->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	_cleanup_(closep) int in = -1;
	uint64_t start, size = node->inode->size;
	int r;

	if (out < 0)
		return failed(node, "create", err);
	if (size && ftruncate(out, (off_t)size) < 0)
		return failed(node, "write", err);
	if (!size || inode_content(node->inode) == CONTENT_NONE)
		return 0;
	r = content_open(node, &in, &start, err);
	if (r < 0)
		return r;
	r = copy_data(x, in, start, out, size);
	if (r == -EINTR)
		return error_set(err, r, "interrupted");
	errno = -r;
	return r < 0 ? failed(node, "write", err) : 0;
}

/* ---- attributes ---- */

static int set_owner(struct extraction *x, const struct node *node, const char *name)
{
	const struct inode *inode = node->inode;

	if (x->options->keep_owners) {
		if (fchownat(x->dirfd, name, inode->uid, inode->gid, AT_SYMLINK_NOFOLLOW) == 0)
			return 0;
		/* a user namespace that has no such number */
		if (errno != EINVAL)
			return -1;
	}
	if (inode->uid != geteuid() || inode->gid != getegid())
		x->stats->owners_lost++;
	return 0;
}

static int set_xattrs(struct extraction *x, const struct node *node, const char *name)
{
	const struct xattr_list *list = node->inode->xattrs;
	char path[300];

	/* there is no setxattrat(2) before Linux 6.13; this spells the same without following a
	 * link */
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", x->dirfd, name);
	for (size_t i = 0; list && i < list->count; i++) {
		const struct xattr *xattr = &list->items[i];

		if (lsetxattr(path, xattr->name, xattr->value, xattr->size, 0) == 0)
			continue;
		if (errno != EOPNOTSUPP && errno != EPERM && errno != EACCES)
			return -1;
		x->stats->xattrs_lost++;
	}
	return 0;
}

static uint32_t kept_mode(const struct extraction *x, const struct inode *inode)
{
	return inode->mode & (x->options->keep_owners ? 07777 : 01777);
}

/* The order matters: a new owner clears set-id bits and capabilities, all of them change no time.
 */
static int set_attributes(struct extraction *x, const struct node *node, const char *name,
			  struct error *err)
{
	const struct inode *inode = node->inode;
	struct timespec times[2] = {{.tv_sec = inode->mtime}, {.tv_sec = inode->mtime}};

	if (set_owner(x, node, name) < 0)
		return failed(node, "set the owner of", err);
	/* before the mode: a read-only file takes no user attributes from its owner */
	if (set_xattrs(x, node, name) < 0)
		return failed(node, "set extended attributes of", err);
	if (!S_ISLNK(inode->mode) && node != x->root &&
	    fchmodat(x->dirfd, name, kept_mode(x, inode), 0) < 0)
		return failed(node, "set the mode of", err);
	if (utimensat(x->dirfd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(node, "set the time of", err);
	return 0;
}

/* ---- nodes ---- */

static int make_special(struct extraction *x, const struct node *node, struct error *err)
{
	const struct inode *inode = node->inode;
	int r;

	if (S_ISLNK(inode->mode))
		r = symlinkat(inode->target, x->dirfd, node->name);
	else
		r = mknodat(x->dirfd, node->name, (inode->mode & S_IFMT) | 0600, inode->rdev);
	return r < 0 ? failed(node, "create", err) : 0;
}

/* A further name of an inode whose first node is in its scratch field. */
static int make_link(struct extraction *x, const struct node *node, struct error *err)
{
	const struct node *first = (const struct node *)(uintptr_t)node->inode->scratch;
	_cleanup_(freep) char *path = node_path(first), *base = node_path(x->root);
	const char *inner;

	if (!path || !base)
		return error_oom(err);
	inner = path + (strcmp(base, "/") ? strlen(base) : 0) + 1;
	if (linkat(x->rootfd, inner, x->dirfd, node->name, 0) < 0)
		return failed(node, "link", err);
	return 0;
}

static bool is_device(const struct inode *inode)
{
	return S_ISBLK(inode->mode) || S_ISCHR(inode->mode);
}

static int make_node(struct extraction *x, struct node *node, struct error *err)
{
	int r;

	if (node->inode->scratch)
		return make_link(x, node, err);
	r = S_ISREG(node->inode->mode) ? make_file(x, node, err) : make_special(x, node, err);
	if (r == -EPERM && is_device(node->inode) && x->options->leave_devices) {
		x->stats->devices_lost++;
		return 0;
	}
	node->inode->scratch = (uintptr_t)node;
	return r < 0 ? r : set_attributes(x, node, node->name, err);
}

static int enter(struct extraction *x, const struct node *node, const char *name, struct error *err)
{
	int fd = openat(x->dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return failed(node, "open", err);
	close(x->dirfd);
	x->dirfd = fd;
	return 0;
}

/* Fill the directory x->dirfd, which is `directory`. One descriptor, whatever the depth. */
static int fill(struct extraction *x, struct node *directory, struct error *err)
{
	for (uint32_t i = 0; i < node_child_count(directory); i++) {
		struct node *child = node_child_at(directory, i);
		int r;

		if (x->options->cancel && *x->options->cancel)
			return error_set(err, -EINTR, "interrupted");
		if (!node_is_dir(child)) {
			r = make_node(x, child, err);
			if (r < 0)
				return r;
			continue;
		}
		if (mkdirat(x->dirfd, child->name, 0700) < 0)
			return failed(child, "create", err);
		r = enter(x, child, child->name, err);
		if (r == 0)
			r = fill(x, child, err);
		/* nobody else can reach into the hidden directory, so ".." is where we came from */
		if (r == 0)
			r = enter(x, directory, "..", err);
		if (r == 0)
			r = set_attributes(x, child, child->name, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static void forget_links(struct node *node)
{
	if (!node_is_dir(node))
		node->inode->scratch = 0;
	for (uint32_t i = 0; i < node_child_count(node); i++)
		forget_links(node_child_at(node, i));
}

int extract_tree(struct node *root, int dirfd, const struct extract_options *options,
		 struct extract_stats *stats, struct error *err)
{
	_cleanup_(extraction_release) struct extraction x = {
		.options = options, .stats = stats, .root = root, .rootfd = dirfd};
	int r;

	x.dirfd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	x.buffer = malloc(BUFFER);
	if (!x.buffer || tree_sort(node_tree(root)) < 0)
		return error_oom(err);
	if (x.dirfd < 0)
		return failed(root, "open", err);
	forget_links(root);
	r = fill(&x, root, err);
	return r < 0 ? r : set_attributes(&x, root, ".", err);
}
