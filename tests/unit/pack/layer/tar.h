/* SPDX-License-Identifier: BSD-2-Clause */
/* Tars as a test wants them, and a tree that they are applied to. */
#ifndef TESTS_TAR_H
#define TESTS_TAR_H

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "pack/layer/layer.h"
#include "pack/layer/path.h"
#include "tests/test.h"

/* ---- making tars ---- */

struct tar {
	int fd;
	struct archive *archive;
};

static inline struct tar tar_begin(const char *filter)
{
	struct tar tar = {.fd = memfd_create("tar", MFD_CLOEXEC), .archive = archive_write_new()};

	REQUIRE(tar.fd >= 0 && tar.archive);
	archive_write_set_format_pax(tar.archive);
	if (filter)
		REQUIRE(archive_write_add_filter_by_name(tar.archive, filter) == ARCHIVE_OK);
	REQUIRE(archive_write_open_fd(tar.archive, tar.fd) == ARCHIVE_OK);
	return tar;
}

static inline int tar_end(struct tar *tar)
{
	REQUIRE(archive_write_close(tar->archive) == ARCHIVE_OK);
	archive_write_free(tar->archive);
	lseek(tar->fd, 0, SEEK_SET);
	return tar->fd;
}

/* kind: 'f' with contents, 'd', 'l' symlink, 'h' hard link, 'c' device 5:1, 'p' fifo. */
static inline void add(struct tar *tar, char kind, const char *name, const char *text)
{
	struct archive_entry *entry = archive_entry_new();
	static const char kinds[] = "fdlhcp";
	static const mode_t modes[] = {S_IFREG | 0640, S_IFDIR | 0750, S_IFLNK | 0777,
				       S_IFREG | 0640, S_IFCHR | 0600, S_IFIFO | 0600};

	archive_entry_copy_pathname(entry, name);
	archive_entry_set_mode(entry, modes[strchr(kinds, kind) - kinds]);
	archive_entry_set_uid(entry, 1000);
	archive_entry_set_gid(entry, 4000000000);
	archive_entry_set_mtime(entry, 1234567890, 0);
	archive_entry_set_size(entry, kind == 'f' ? (int64_t)strlen(text) : 0);
	if (kind == 'l')
		archive_entry_copy_symlink(entry, text);
	if (kind == 'h')
		archive_entry_copy_hardlink(entry, text);
	if (kind == 'c')
		archive_entry_set_rdev(entry, makedev(5, 1));
	REQUIRE(archive_write_header(tar->archive, entry) >= ARCHIVE_WARN);
	if (kind == 'f')
		REQUIRE(archive_write_data(tar->archive, text, strlen(text)) >= 0);
	archive_entry_free(entry);
}

/* One entry in a word: its kind, its name, "=", its text. */
static inline void add_spec(struct tar *tar, const char *spec)
{
	const char *equals = strchr(spec, '=');
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)(equals - spec - 1), spec + 1);
	add(tar, spec[0], name, equals + 1);
}

/* ---- applying them ---- */

struct root {
	struct tree *tree;
	struct content_file *contents;
	struct layer_options options;
	struct layer_stats stats;
	struct error err;
};

static inline struct root root_new(void)
{
	struct root root = {.err = ERROR_INIT};

	REQUIRE(tree_new(&root.tree) == 0);
	REQUIRE(content_file_new(NULL, &root.contents, &root.err) == 0);
	root.options = (struct layer_options){.contents = root.contents, .whiteouts = true};
	return root;
}

static inline void root_free(struct root *root)
{
	tree_free(root->tree);
	content_file_free(root->contents);
}

static inline int apply_fd(struct root *root, int fd)
{
	struct layer_source source = {.fd = fd, .name = "test.tar"};
	int r = layer_apply(&source, &root->options, root->tree, &root->stats, &root->err);

	close(fd);
	return r;
}

static inline int apply(struct root *root, struct tar *tar)
{
	return apply_fd(root, tar_end(tar));
}

static inline const struct inode *inode_at(const struct root *root, const char *path)
{
	struct node *node = tree_find(root->tree, path);

	return node ? node->inode : NULL;
}

/* The contents at a path; "(none)" when there is nothing. */
static inline const char *text_at(const struct root *root, const char *path)
{
	static char text[256];
	struct node *node = tree_find(root->tree, path);
	_cleanup_(closep) int fd = -1;
	uint64_t offset;
	ssize_t n;

	if (!node)
		return "(none)";
	if (node->inode->size == 0)
		return "";
	REQUIRE(content_open(node, &fd, &offset, NULL) == 0);
	n = io_pread(fd, text, node->inode->size, offset);
	REQUIRE(n == (ssize_t)node->inode->size);
	text[n] = '\0';
	return text;
}

static inline struct root root_with_lower(void)
{
	struct root root = root_new();
	struct tar tar = tar_begin(NULL);

	add(&tar, 'd', "d/", "");
	add(&tar, 'f', "d/old", "old");
	add(&tar, 'd', "d/sub/", "");
	add(&tar, 'f', "d/sub/deep", "deep");
	add(&tar, 'f', "file", "file");
	add(&tar, 'd', "usr/lib/", "");
	add(&tar, 'l', "lib", "usr/lib");
	add(&tar, 'l', "abs", "/usr/lib");
	add(&tar, 'l', "out", "../../etc");
	REQUIRE(apply(&root, &tar) == 0);
	return root;
}

#endif
