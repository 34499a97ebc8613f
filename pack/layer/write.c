// SPDX-License-Identifier: BSD-2-Clause
#include "pack/layer/layer.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/text.h"
#include "pack/layer/archive.h"

enum { BUFFER = 256 * 1024 };

/*
 * Two libarchive writers in a row, as the reading side has two readers: the tar, whose digest is
 * the diff_id, and around it the compressor, whose digest is the blob's name.
 */
struct writer {
	const struct layer_write_options *options;
	int fd;
	struct archive *tar;
	struct archive *packer; /* NULL: the tar goes to the file as it is */
	struct archive_entry *entry;
	struct digest *tar_digest, *file_digest;
	uint64_t tar_size, file_size;
	struct text path; /* of the node being written, without a leading slash */
	char *buffer;
	uint64_t sockets;
	int code;     /* why a callback failed; 0: it did not */
	bool discard; /* callbacks take everything and write nothing */
};

static void archive_write_freep(struct archive **archive)
{
	sym_archive_write_free(*archive);
}

static void writer_release(struct writer *writer)
{
	/* freeing a writer ends its archive; one that was given up must not write that end */
	writer->discard = true;
	archive_write_freep(&writer->tar);
	archive_write_freep(&writer->packer);
	sym_archive_entry_free(writer->entry);
	digest_free(writer->tar_digest);
	digest_free(writer->file_digest);
	text_release(&writer->path);
	free(writer->buffer);
}

/* ---- where the bytes go ---- */

static ssize_t file_write(struct archive *archive, void *data, const void *bytes, size_t size)
{
	struct writer *writer = data;
	int r;

	if (writer->discard)
		return (ssize_t)size;
	r = io_write(writer->fd, bytes, size);
	if (r == 0)
		r = digest_add(writer->file_digest, bytes, size);
	if (r < 0) {
		writer->code = r;
		sym_archive_set_error(archive, -r, "cannot write");
		return -1;
	}
	writer->file_size += size;
	return (ssize_t)size;
}

static ssize_t tar_write(struct archive *archive, void *data, const void *bytes, size_t size)
{
	struct writer *writer = data;

	if (writer->discard)
		return (ssize_t)size;
	if (digest_add(writer->tar_digest, bytes, size) < 0)
		return -1;
	writer->tar_size += size;
	if (writer->options->progress)
		writer->options->progress(writer->tar_size, writer->options->progress_data);
	if (!writer->packer)
		return file_write(archive, data, bytes, size);
	if (sym_archive_write_data(writer->packer, bytes, size) != (ssize_t)size) {
		sym_archive_set_error(archive, EIO, "%s", sym_archive_error_string(writer->packer));
		return -1;
	}
	return (ssize_t)size;
}

static int archive_failed(const struct writer *writer, struct archive *archive, struct error *err)
{
	const char *reason = sym_archive_error_string(archive);

	if (writer->code)
		return error_code(err, writer->code, "cannot write the archive");
	return error_set(err, sym_archive_errno(archive) == ENOMEM ? -ENOMEM : -EIO, "%s",
			 reason ? reason : "cannot write the archive");
}

/* ---- one node ---- */

static int set_xattrs(struct writer *writer, const struct inode *inode)
{
	const struct xattr_list *list = inode->xattrs;

	for (size_t i = 0; list && i < list->count; i++)
		sym_archive_entry_xattr_add_entry(writer->entry, list->items[i].name,
					      list->items[i].value, list->items[i].size);
	return 0;
}

static int64_t time_of(const struct writer *writer, const struct inode *inode)
{
	bool clamped = writer->options->has_time && inode->mtime > writer->options->time;

	return clamped && !inode->recorded ? writer->options->time : inode->mtime;
}

static void set_attributes(struct writer *writer, const struct inode *inode)
{
	struct archive_entry *entry = writer->entry;

	sym_archive_entry_set_mode(entry, inode->mode);
	sym_archive_entry_set_uid(entry, inode->uid);
	sym_archive_entry_set_gid(entry, inode->gid);
	sym_archive_entry_set_mtime(entry, time_of(writer, inode), 0);
	sym_archive_entry_set_size(entry, S_ISREG(inode->mode) ? (int64_t)inode->size : 0);
	if (S_ISLNK(inode->mode))
		sym_archive_entry_copy_symlink(entry, inode->target);
	if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode))
		sym_archive_entry_set_rdev(entry, inode->rdev);
	set_xattrs(writer, inode);
}

static int write_header(struct writer *writer, struct error *err)
{
	if (sym_archive_write_header(writer->tar, writer->entry) < ARCHIVE_WARN)
		return archive_failed(writer, writer->tar, err);
	return 0;
}

static int write_data(struct writer *writer, size_t size, struct error *err)
{
	if (writer->options->cancel && *writer->options->cancel)
		return error_set(err, -EINTR, "interrupted");
	if (sym_archive_write_data(writer->tar, writer->buffer, size) != (ssize_t)size)
		return archive_failed(writer, writer->tar, err);
	return 0;
}

static int write_zeros(struct writer *writer, uint64_t size, struct error *err)
{
	memset(writer->buffer, 0, BUFFER);
	while (size) {
		size_t n = size < BUFFER ? size : BUFFER;
		int r = write_data(writer, n, err);

		if (r < 0)
			return r;
		size -= n;
	}
	return 0;
}

static int write_contents(struct writer *writer, const struct node *node, struct error *err)
{
	_cleanup_(closep) int fd = -1;
	uint64_t offset, left = node->inode->size;
	int r;

	if (inode_content(node->inode) == CONTENT_NONE)
		return write_zeros(writer, left, err);
	r = content_open(node, &fd, &offset, err);
	while (r == 0 && left) {
		ssize_t n = io_pread(fd, writer->buffer, left < BUFFER ? left : BUFFER, offset);

		if (n < 0)
			return error_code(err, (int)n, "cannot read '%s'", writer->path.bytes);
		if (n == 0)
			return error_set(err, -ESTALE, "'%s' changed while it was being packed",
					 writer->path.bytes);
		r = write_data(writer, (size_t)n, err);
		offset += (uint64_t)n;
		left -= (uint64_t)n;
	}
	return r;
}

/* The first node of an inode is kept in its scratch field: where a hard link points. */
static int write_link(struct writer *writer, const struct node *first, const struct node *root,
		      struct error *err)
{
	_cleanup_(freep) char *path = node_path(first), *base = node_path(root);

	if (!path || !base)
		return error_oom(err);
	sym_archive_entry_set_mode(writer->entry, first->inode->mode);
	sym_archive_entry_set_uid(writer->entry, first->inode->uid);
	sym_archive_entry_set_gid(writer->entry, first->inode->gid);
	sym_archive_entry_set_mtime(writer->entry, time_of(writer, first->inode), 0);
	sym_archive_entry_set_size(writer->entry, 0);
	sym_archive_entry_copy_hardlink(writer->entry,
				    path + (strcmp(base, "/") ? strlen(base) : 0) + 1);
	return write_header(writer, err);
}

static int write_node(struct writer *writer, struct node *node, const struct node *root,
		      struct error *err)
{
	struct inode *inode = node->inode;
	int r;

	if (S_ISSOCK(inode->mode)) {
		writer->sockets++;
		return 0;
	}
	sym_archive_entry_clear(writer->entry);
	sym_archive_entry_copy_pathname(writer->entry, node == root ? "./" : writer->path.bytes);
	if (!node_is_dir(node) && inode->scratch)
		return write_link(writer, (struct node *)(uintptr_t)inode->scratch, root, err);
	if (!node_is_dir(node))
		inode->scratch = (uintptr_t)node;
	set_attributes(writer, inode);
	r = write_header(writer, err);
	if (r == 0 && S_ISREG(inode->mode) && inode->size)
		r = write_contents(writer, node, err);
	return r;
}

/* ---- the walk ---- */

static int write_below(struct writer *writer, struct node *node, const struct node *root,
		       struct error *err)
{
	size_t length = writer->path.size;
	int r = write_node(writer, node, root, err);

	for (uint32_t i = 0; r == 0 && i < node_child_count(node); i++) {
		struct node *child = node_child_at(node, i);

		text_add(&writer->path, child->name);
		/* as tar has it, directories end in a slash */
		if (node_is_dir(child))
			text_add_char(&writer->path, '/');
		if (text_failed(&writer->path))
			return error_oom(err);
		r = write_below(writer, child, root, err);
		writer->path.size = length;
		writer->path.bytes[length] = '\0';
	}
	return r;
}

static void forget_links(struct node *node)
{
	if (!node_is_dir(node))
		node->inode->scratch = 0;
	for (uint32_t i = 0; i < node_child_count(node); i++)
		forget_links(node_child_at(node, i));
}

/* ---- opening and closing ---- */

static int packer_open(struct writer *writer, struct error *err)
{
	const struct layer_write_options *options = writer->options;
	struct archive *packer;
	char level[16];
	int r;

	if (options->compression == LAYER_PLAIN)
		return 0;
	packer = writer->packer = sym_archive_write_new();
	if (!packer)
		return error_oom(err);
	if (options->compression == LAYER_GZIP) {
		r = sym_archive_write_add_filter_gzip(packer);
		/* the time of day is no part of the contents */
		if (r == ARCHIVE_OK)
			r = sym_archive_write_set_filter_option(packer, "gzip", "timestamp", NULL);
	} else {
		r = sym_archive_write_add_filter_zstd(packer);
	}
	if (r == ARCHIVE_OK && options->level) {
		snprintf(level, sizeof(level), "%d", options->level);
		r = sym_archive_write_set_filter_option(packer, NULL, "compression-level", level);
	}
	if (r == ARCHIVE_OK)
		r = sym_archive_write_set_format_raw(packer);
	sym_archive_write_set_bytes_in_last_block(packer, 1);
	if (r == ARCHIVE_OK)
		r = sym_archive_write_open(packer, writer, NULL, file_write, NULL);
	sym_archive_entry_set_mode(writer->entry, S_IFREG | 0644);
	if (r == ARCHIVE_OK)
		r = sym_archive_write_header(packer, writer->entry);
	return r == ARCHIVE_OK ? 0 : archive_failed(writer, packer, err);
}

static int writer_open(struct writer *writer, struct error *err)
{
	int r;

	writer->buffer = malloc(BUFFER);
	writer->entry = sym_archive_entry_new();
	writer->tar = sym_archive_write_new();
	if (!writer->buffer || !writer->entry || !writer->tar ||
	    digest_new(&writer->tar_digest) < 0 || digest_new(&writer->file_digest) < 0)
		return error_oom(err);
	r = packer_open(writer, err);
	if (r < 0)
		return r;
	if (writer->options->cpio) {
		sym_archive_write_set_format_cpio_newc(writer->tar);
	} else {
		sym_archive_write_set_format_pax_restricted(writer->tar);
		/* once, in the form every other tar reads */
		sym_archive_write_set_format_option(writer->tar, "pax", "xattrheader", "SCHILY");
	}
	sym_archive_write_set_bytes_per_block(writer->tar, 65536);
	sym_archive_write_set_bytes_in_last_block(writer->tar, 1);
	if (sym_archive_write_open(writer->tar, writer, NULL, tar_write, NULL) != ARCHIVE_OK)
		return archive_failed(writer, writer->tar, err);
	return 0;
}

static int writer_close(struct writer *writer, struct layer_written *ret_written, struct error *err)
{
	if (sym_archive_write_close(writer->tar) != ARCHIVE_OK)
		return archive_failed(writer, writer->tar, err);
	if (writer->packer && sym_archive_write_close(writer->packer) != ARCHIVE_OK)
		return archive_failed(writer, writer->packer, err);
	ret_written->size = writer->file_size;
	ret_written->sockets = writer->sockets;
	if (digest_finish(writer->file_digest, ret_written->digest) < 0 ||
	    digest_finish(writer->tar_digest, ret_written->diff_id) < 0)
		return error_set(err, -EIO, "cannot digest");
	return 0;
}

static void freelocalep(locale_t *locale)
{
	if (*locale)
		freelocale(*locale);
}

static int write_all(struct node *root, const struct layer_write_options *options, int fd,
		     struct layer_written *ret_written, struct error *err)
{
	_cleanup_(writer_release) struct writer writer = {
	    .options = options, .fd = fd, .path = TEXT_INIT};
	/* libarchive spells names by the locale; the bytes must not depend on the user's */
	_cleanup_(freelocalep) locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
	locale_t before = locale ? uselocale(locale) : (locale_t)0;
	int r;

	r = tree_sort(node_tree(root)) < 0 ? error_oom(err) : writer_open(&writer, err);
	if (r == 0) {
		forget_links(root);
		r = write_below(&writer, root, root, err);
	}
	if (r == 0)
		r = writer_close(&writer, ret_written, err);
	if (before)
		uselocale(before);
	return r;
}

int layer_write(struct node *root, const struct layer_write_options *options, int fd,
		struct layer_written *ret_written, struct error *err)
{
	int r = archive_load(err);

	return r < 0 ? r : write_all(root, options, fd, ret_written, err);
}
