// SPDX-License-Identifier: BSD-2-Clause
/* What tars become trees, and that trees become the same tars. */
#include "tests/unit/pack/layer/tar.h"

static void every_kind_of_entry_arrives_as_it_was(void)
{
	struct root root = root_new();
	struct tar tar = tar_begin(NULL);

	add(&tar, 'd', "./", "");
	add(&tar, 'd', "etc/", "");
	add(&tar, 'f', "etc/motd", "hello");
	add(&tar, 'h', "etc/issue", "etc/motd");
	add(&tar, 'l', "etc/link", "/usr/bin");
	add(&tar, 'c', "dev/console", "");
	add(&tar, 'p', "run/fifo", "");
	add(&tar, 'f', "empty", "");
	REQUIRE(apply(&root, &tar) == 0);

	CHECK_INT(inode_at(&root, "/")->mode, S_IFDIR | 0750);
	CHECK_INT(inode_at(&root, "/etc")->gid, 4000000000);
	CHECK_STRING(text_at(&root, "/etc/motd"), "hello");
	CHECK(inode_at(&root, "/etc/motd") == inode_at(&root, "/etc/issue"));
	CHECK_INT(inode_at(&root, "/etc/motd")->nlink, 2);
	CHECK_INT(inode_at(&root, "/etc/motd")->mtime, 1234567890);
	CHECK_INT(inode_at(&root, "/etc/motd")->uid, 1000);
	CHECK_STRING(inode_at(&root, "/etc/link")->target, "/usr/bin");
	CHECK_INT(inode_at(&root, "/dev/console")->rdev, makedev(5, 1));
	CHECK_INT(inode_at(&root, "/dev")->mode, S_IFDIR | 0755);
	CHECK_INT(inode_at(&root, "/run/fifo")->mode, S_IFIFO | 0600);
	CHECK_INT(inode_at(&root, "/empty")->content.kind, CONTENT_NONE);
	CHECK_INT(root.stats.entries, 8);
	CHECK_INT(root.stats.bytes, 5);
	root_free(&root);
}

static void every_compression_is_read(void)
{
	static const char *const filters[] = {"gzip", "bzip2", "xz", "zstd", "lz4", "lzma"};

	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		struct root root = root_new();
		struct tar tar = tar_begin(filters[i]);

		add(&tar, 'f', "a", filters[i]);
		CHECK_INT(apply(&root, &tar), 0);
		CHECK_STRING(root.err.message, "");
		CHECK_STRING(text_at(&root, "/a"), filters[i]);
		root_free(&root);
	}
}

static void names_are_bytes(void)
{
	/* Latin-1, decomposed and composed UTF-8, a newline; long ones come in a pax header */
	static const char *const names[] = {"caf\xe9", "cafe\xcc\x81", "caf\xc3\xa9", "a\nb",
					    "\x01\xff"};
	char longer[256];
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL), plain;

	REQUIRE(utf8);
	/* once written as UTF-8 where the name is, once as raw bytes */
	for (size_t i = 0; i < 2 * sizeof(names) / sizeof(*names); i++) {
		struct root root = root_new();
		struct tar tar = tar_begin(NULL);
		const char *name = names[i / 2];
		char path[300];

		memset(longer, 'x', 200);
		strcpy(longer + 200, name);
		plain = uselocale(i % 2 ? utf8 : (locale_t)0);
		add(&tar, 'f', name, "short");
		add(&tar, 'f', longer, "long");
		uselocale(plain);
		CHECK_INT(apply(&root, &tar), 0);
		CHECK_STRING(root.err.message, "");
		snprintf(path, sizeof(path), "/%s", name);
		CHECK_STRING(text_at(&root, path), "short");
		snprintf(path, sizeof(path), "/%s", longer);
		CHECK_STRING(text_at(&root, path), "long");
		root_free(&root);
	}
	freelocale(utf8);
}

static void xattrs_arrive_and_foreign_ones_are_counted(void)
{
	struct root root = root_new();
	struct tar tar = tar_begin(NULL);
	struct archive_entry *entry = archive_entry_new();
	const struct xattr *xattr;

	archive_entry_copy_pathname(entry, "x");
	archive_entry_set_mode(entry, S_IFREG | 0755);
	archive_entry_set_size(entry, 0);
	archive_entry_xattr_add_entry(entry, "security.capability", "\1\0\0\2", 4);
	archive_entry_xattr_add_entry(entry, "user.note", "n", 1);
	archive_entry_xattr_add_entry(entry, "system.strange", "n", 1);
	REQUIRE(archive_write_header(tar.archive, entry) == ARCHIVE_OK);
	archive_entry_free(entry);
	REQUIRE(apply(&root, &tar) == 0);
	CHECK_INT(inode_at(&root, "/x")->xattrs->count, 2);
	xattr = inode_xattr(inode_at(&root, "/x"), "security.capability");
	REQUIRE(xattr);
	CHECK_INT(xattr->size, 4);
	CHECK(memcmp(xattr->value, "\1\0\0\2", 4) == 0);
	CHECK(root.stats.foreign_xattrs > 0);
	root_free(&root);
}

static void attributes_that_steer_an_overlay_are_dropped(void)
{
	struct root root = root_new();
	struct tar tar = tar_begin(NULL);
	struct archive_entry *entry = archive_entry_new();

	archive_entry_copy_pathname(entry, "d");
	archive_entry_set_mode(entry, S_IFDIR | 0755);
	archive_entry_xattr_add_entry(entry, "trusted.overlay.opaque", "y", 1);
	archive_entry_xattr_add_entry(entry, "user.overlay.redirect", "/etc", 4);
	archive_entry_xattr_add_entry(entry, "user.overlayed", "n", 1);
	REQUIRE(archive_write_header(tar.archive, entry) == ARCHIVE_OK);
	archive_entry_free(entry);
	REQUIRE(apply(&root, &tar) == 0);
	CHECK_INT(inode_at(&root, "/d")->xattrs->count, 1);
	CHECK(inode_xattr(inode_at(&root, "/d"), "user.overlayed"));
	/* a pax archive says each twice, in two spellings */
	CHECK(root.stats.overlay_xattrs >= 2);
	root_free(&root);
}

/* As many as fit into the header that libarchive takes, in no order. */
static void many_attributes_are_put_in_order(void)
{
	enum { MANY = 20000, STEP = 7919 };
	struct root root = root_new();
	struct tar tar = {.fd = memfd_create("tar", MFD_CLOEXEC), .archive = archive_write_new()};
	struct archive_entry *entry = archive_entry_new();
	const struct xattr_list *list;
	char name[24], value[8];

	/* each once: twice would be a header of over 1 MiB */
	archive_write_set_format_pax(tar.archive);
	REQUIRE(archive_write_set_options(tar.archive, "xattrheader=SCHILY") == ARCHIVE_OK);
	REQUIRE(archive_write_open_fd(tar.archive, tar.fd) == ARCHIVE_OK);
	archive_entry_copy_pathname(entry, "x");
	archive_entry_set_mode(entry, S_IFREG | 0755);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "user.%05d", i * STEP % MANY);
		snprintf(value, sizeof(value), "%d", i);
		archive_entry_xattr_add_entry(entry, name, value, strlen(value));
	}
	REQUIRE(archive_write_header(tar.archive, entry) == ARCHIVE_OK);
	archive_entry_free(entry);
	REQUIRE(apply(&root, &tar) == 0);
	list = inode_at(&root, "/x")->xattrs;
	REQUIRE(list);
	CHECK_INT(list->count, MANY);
	for (size_t i = 1; i < list->count; i++)
		if (strcmp(list->items[i - 1].name, list->items[i].name) >= 0)
			CHECK_STRING(list->items[i].name, "(behind the one before)");
	CHECK_INT(inode_xattr(inode_at(&root, "/x"), "user.07919")->size, 1);
	root_free(&root);
}

/* As umoci and containerd do; what they would keep at the root is in test-layer-refused.c. */
static void names_lead_where_they_do_elsewhere(void)
{
	static const struct {
		const char *first, *second; /* kind, name, "=", text; second may be NULL */
		const char *path, *text;    /* what is there then; of a directory "" */
	} cases[] = {
	    {"f/etc/motd=x", NULL, "/etc/motd", "x"},
	    {"fa/../b//./c=x", NULL, "/b/c", "x"},
	    {"hh=/d/old", NULL, "/h", "old"},
	    {"hh=abs/../d/./old", NULL, "/h", "old"},
	    {"fd/old=x", "fd/old=y", "/d/old", "y"},
	    {"fa=x", "da=", "/a", ""},
	    {"da/b/=", "fa=x", "/a", "x"},
	    {"ls=/d", "fs/new=x", "/d/new", "x"},
	    {"ls=d", "fs/.wh.old=", "/d/old", "(none)"},
	    {"ls=/not/yet", "fs/x=x", "/not/yet/x", "x"},
	    {"ls=not/../d", "fs/x=x", "/d/x", "x"},
	    {"ls=file/../d", "fs/x=x", "/d/x", "x"},
	    {"ls=abs", "fs/x=x", "/usr/lib/x", "x"},
	    {"flib/x=x", "hs=abs/x", "/s", "x"},
	    {"dlib=", "flib/x=x", "/lib/x", "x"},
	    {"fmissing/.wh.x=", NULL, "/missing", "(none)"},
	    {"ffile/.wh.x=", NULL, "/file", "file"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct root root = root_with_lower();
		struct tar tar = tar_begin(NULL);
		const char *const specs[] = {cases[i].first, cases[i].second};

		for (size_t j = 0; j < 2 && specs[j]; j++)
			add_spec(&tar, specs[j]);
		CHECK_INT(apply(&root, &tar), 0);
		CHECK_STRING(root.err.message, "");
		CHECK_STRING(text_at(&root, cases[i].path), cases[i].text);
		root_free(&root);
	}
}

static void a_name_may_come_twice(void)
{
	struct root root = root_new();
	struct tar tar = tar_begin(NULL);

	add(&tar, 'f', "a", "first");
	add(&tar, 'h', "b", "a");
	add(&tar, 'f', "a", "last");
	CHECK_INT(apply(&root, &tar), 0);
	CHECK_STRING(text_at(&root, "/a"), "last");
	CHECK_STRING(text_at(&root, "/b"), "first");
	root_free(&root);
}

static void the_root_may_have_an_entry(void)
{
	static const char *const names[] = {"/", "./", ".", "//", "a/.."};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct root root = root_new();
		struct tar tar = tar_begin(NULL);

		add(&tar, 'd', names[i], "");
		CHECK_INT(apply(&root, &tar), 0);
		CHECK_INT(inode_at(&root, "/")->mode, S_IFDIR | 0750);
		CHECK_INT(tree_node_count(root.tree), 1);
		root_free(&root);
	}
}

static void holes_stay_holes(void)
{
	struct root root = root_new();
	struct tar tar = tar_begin(NULL);
	struct archive_entry *entry = archive_entry_new();
	enum { SIZE = 8 << 20 };
	char *data = calloc(1, SIZE), *back = malloc(SIZE);
	struct stat st;
	const struct inode *inode;

	REQUIRE(data && back);
	memcpy(data + 5000000, "needle", 6);
	archive_entry_copy_pathname(entry, "sparse");
	archive_entry_set_mode(entry, S_IFREG | 0644);
	archive_entry_set_size(entry, SIZE);
	archive_entry_sparse_add_entry(entry, 4998144, 4096);
	REQUIRE(archive_write_header(tar.archive, entry) == ARCHIVE_OK);
	REQUIRE(archive_write_data(tar.archive, data, SIZE) == SIZE);
	archive_entry_clear(entry);
	archive_entry_copy_pathname(entry, "zeros");
	archive_entry_set_mode(entry, S_IFREG | 0644);
	archive_entry_set_size(entry, SIZE);
	REQUIRE(archive_write_header(tar.archive, entry) == ARCHIVE_OK);
	memset(data, 0, SIZE);
	REQUIRE(archive_write_data(tar.archive, data, SIZE) == SIZE);
	archive_entry_free(entry);
	REQUIRE(apply(&root, &tar) == 0);

	inode = inode_at(&root, "/sparse");
	CHECK_INT(inode->size, SIZE);
	REQUIRE(inode->content.kind == CONTENT_RANGE);
	CHECK_INT(inode->content.offset % 4096, 0);
	CHECK_INT(io_pread(content_file_fd(root.contents), back, SIZE, inode->content.offset), SIZE);
	CHECK(memcmp(back + 5000000, "needle", 6) == 0);
	CHECK(back[4999999] == 0 && back[5000006] == 0);
	CHECK_INT(inode_at(&root, "/zeros")->size, SIZE);
	CHECK_INT(inode_at(&root, "/zeros")->content.kind, CONTENT_NONE);
	REQUIRE(fstat(content_file_fd(root.contents), &st) == 0);
	CHECK(st.st_blocks * 512 <= 65536);
	free(data);
	free(back);
	root_free(&root);
}

/* ---- writing ---- */

static void write_again(struct root *root, enum layer_compression compression, int *ret_fd,
			struct layer_written *ret_written)
{
	struct layer_write_options options = {.compression = compression};

	*ret_fd = memfd_create("out", MFD_CLOEXEC);
	CHECK_INT(layer_write(tree_root(root->tree), &options, *ret_fd, ret_written, &root->err),
		  0);
	CHECK_STRING(root->err.message, "");
	lseek(*ret_fd, 0, SEEK_SET);
}

static void what_is_written_reads_back_the_same(void)
{
	static const enum layer_compression all[] = {LAYER_PLAIN, LAYER_GZIP, LAYER_ZSTD};
	struct layer_written first = {0};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct root root = root_with_lower(), back = root_new();
		struct layer_written one = {0}, two = {0};
		char digest[80], diff_id[80];
		int fd, again;

		inode_set_xattr(tree_find(root.tree, "/file")->inode, "user.x", "\0y", 2);
		REQUIRE(node_link(tree_root(root.tree), "zlink", tree_find(root.tree, "/file"),
				  &(struct node *){0}) == 0);
		write_again(&root, all[i], &fd, &one);
		snprintf(digest, sizeof(digest), "sha256:%s", one.digest);
		snprintf(diff_id, sizeof(diff_id), "sha256:%s", one.diff_id);
		back.options.digest = digest;
		back.options.diff_id = diff_id;
		REQUIRE(apply_fd(&back, fd) == 0);
		CHECK_STRING(text_at(&back, "/d/sub/deep"), "deep");
		CHECK(inode_at(&back, "/zlink") == inode_at(&back, "/file"));
		CHECK_INT(inode_at(&back, "/file")->gid, 4000000000);
		REQUIRE(inode_xattr(inode_at(&back, "/file"), "user.x"));
		CHECK_INT(inode_xattr(inode_at(&back, "/file"), "user.x")->size, 2);
		CHECK_INT(tree_node_count(back.tree), tree_node_count(root.tree));

		write_again(&back, all[i], &again, &two);
		CHECK_STRING(two.digest, one.digest);
		CHECK_STRING(two.diff_id, one.diff_id);
		if (i == 0)
			first = one;
		CHECK_STRING(one.diff_id, first.diff_id);
		close(again);
		root_free(&root);
		root_free(&back);
	}
}

static void paths_in_a_tree_resolve_inside_it(void)
{
	struct root root = root_with_lower();
	struct node *node = NULL;

	CHECK_INT(tree_resolve(root.tree, "lib", &node), 0);
	CHECK(node == tree_find(root.tree, "/usr/lib"));
	CHECK_INT(tree_resolve(root.tree, "/abs/../lib/../../lib", &node), 0);
	CHECK(node == tree_find(root.tree, "/usr/lib"));
	CHECK_INT(tree_resolve(root.tree, "out", &node), -ENOENT);
	CHECK_INT(tree_resolve(root.tree, "file/x", &node), -ENOTDIR);
	root_free(&root);
}

int main(void)
{
	RUN(every_kind_of_entry_arrives_as_it_was);
	RUN(every_compression_is_read);
	RUN(names_are_bytes);
	RUN(xattrs_arrive_and_foreign_ones_are_counted);
	RUN(attributes_that_steer_an_overlay_are_dropped);
	RUN(many_attributes_are_put_in_order);
	RUN(names_lead_where_they_do_elsewhere);
	RUN(a_name_may_come_twice);
	RUN(the_root_may_have_an_entry);
	RUN(holes_stay_holes);
	RUN(what_is_written_reads_back_the_same);
	RUN(paths_in_a_tree_resolve_inside_it);
	return test_end();
}
