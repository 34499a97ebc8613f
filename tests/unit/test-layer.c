/* SPDX-License-Identifier: BSD-2-Clause */
/* pack/layer: what tars become trees, what is refused, and that trees become the same tars. */
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

static struct tar tar_begin(const char *filter)
{
	struct tar tar = {.fd = memfd_create("tar", MFD_CLOEXEC), .archive = archive_write_new()};

	REQUIRE(tar.fd >= 0 && tar.archive);
	archive_write_set_format_pax(tar.archive);
	if (filter)
		REQUIRE(archive_write_add_filter_by_name(tar.archive, filter) == ARCHIVE_OK);
	REQUIRE(archive_write_open_fd(tar.archive, tar.fd) == ARCHIVE_OK);
	return tar;
}

static int tar_end(struct tar *tar)
{
	REQUIRE(archive_write_close(tar->archive) == ARCHIVE_OK);
	archive_write_free(tar->archive);
	lseek(tar->fd, 0, SEEK_SET);
	return tar->fd;
}

/* kind: 'f' with contents, 'd', 'l' symlink, 'h' hard link, 'c' device 5:1, 'p' fifo. */
static void add(struct tar *tar, char kind, const char *name, const char *text)
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

/* ---- applying them ---- */

struct root {
	struct tree *tree;
	struct content_file *contents;
	struct layer_options options;
	struct layer_stats stats;
	struct error err;
};

static struct root root_new(void)
{
	struct root root = {.err = ERROR_INIT};

	REQUIRE(tree_new(&root.tree) == 0);
	REQUIRE(content_file_new(NULL, &root.contents, &root.err) == 0);
	root.options = (struct layer_options){.contents = root.contents, .whiteouts = true};
	return root;
}

static void root_free(struct root *root)
{
	tree_free(root->tree);
	content_file_free(root->contents);
}

static int apply_fd(struct root *root, int fd)
{
	struct layer_source source = {.fd = fd, .name = "test.tar"};
	int r = layer_apply(&source, &root->options, root->tree, &root->stats, &root->err);

	close(fd);
	return r;
}

static int apply(struct root *root, struct tar *tar)
{
	return apply_fd(root, tar_end(tar));
}

static const struct inode *inode_at(const struct root *root, const char *path)
{
	struct node *node = tree_find(root->tree, path);

	return node ? node->inode : NULL;
}

/* The contents at a path; "(none)" when there is nothing. */
static const char *text_at(const struct root *root, const char *path)
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

/* ---- whiteouts ---- */

static struct root root_with_lower(void)
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

static void a_whiteout_hides_what_is_below_only(void)
{
	/* the same names, whiteout before and after what the layer brings itself */
	for (int after = 0; after < 2; after++) {
		struct root root = root_with_lower();
		struct tar tar = tar_begin(NULL);

		if (!after)
			add(&tar, 'f', "d/.wh.old", "");
		add(&tar, 'f', "d/old", "new");
		if (after)
			add(&tar, 'f', "d/.wh.old", "");
		add(&tar, 'f', ".wh.file", "");
		add(&tar, 'f', "nowhere/.wh.x", "");
		CHECK_INT(apply(&root, &tar), 0);
		CHECK_STRING(text_at(&root, "/d/old"), "new");
		CHECK_STRING(text_at(&root, "/file"), "(none)");
		CHECK_STRING(text_at(&root, "/d/sub/deep"), "deep");
		CHECK(!inode_at(&root, "/nowhere"));
		CHECK(!inode_at(&root, "/.wh.file"));
		root_free(&root);
	}
}

static void a_whiteout_of_a_directory_keeps_what_the_layer_brings(void)
{
	for (int after = 0; after < 2; after++) {
		struct root root = root_with_lower();
		struct tar tar = tar_begin(NULL);

		if (!after)
			add(&tar, 'f', ".wh.d", "");
		add(&tar, 'f', "d/sub/new", "new");
		if (after)
			add(&tar, 'f', ".wh.d", "");
		CHECK_INT(apply(&root, &tar), 0);
		CHECK_STRING(text_at(&root, "/d/old"), "(none)");
		CHECK_STRING(text_at(&root, "/d/sub/deep"), "(none)");
		CHECK_STRING(text_at(&root, "/d/sub/new"), "new");
		root_free(&root);
	}
}

static void an_opaque_directory_starts_empty(void)
{
	for (int after = 0; after < 2; after++) {
		struct root root = root_with_lower();
		struct tar tar = tar_begin(NULL);

		if (!after)
			add(&tar, 'f', "d/.wh..wh..opq", "");
		add(&tar, 'f', "d/new", "new");
		if (after)
			add(&tar, 'f', "d/.wh..wh..opq", "");
		CHECK_INT(apply(&root, &tar), 0);
		CHECK_STRING(text_at(&root, "/d/new"), "new");
		CHECK_STRING(text_at(&root, "/d/old"), "(none)");
		CHECK(!inode_at(&root, "/d/sub"));
		CHECK_STRING(text_at(&root, "/file"), "file");
		root_free(&root);
	}
}

static void without_whiteouts_they_are_names(void)
{
	struct root root = root_with_lower();
	struct tar tar = tar_begin(NULL);

	root.options.whiteouts = false;
	add(&tar, 'f', ".wh.file", "w");
	CHECK_INT(apply(&root, &tar), 0);
	CHECK_STRING(text_at(&root, "/.wh.file"), "w");
	CHECK_STRING(text_at(&root, "/file"), "file");
	root_free(&root);
}

static void a_later_layer_replaces_and_merges(void)
{
	struct root root = root_with_lower();
	struct tar tar = tar_begin(NULL);

	add(&tar, 'f', "d/sub", "a file now");
	add(&tar, 'd', "file/", "");
	add(&tar, 'f', "file/in", "in");
	add(&tar, 'd', "lib/", "");
	add(&tar, 'h', "hard", "d/old");
	CHECK_INT(apply(&root, &tar), 0);
	CHECK_STRING(text_at(&root, "/d/sub"), "a file now");
	CHECK_STRING(text_at(&root, "/file/in"), "in");
	CHECK(S_ISDIR(inode_at(&root, "/lib")->mode));
	CHECK(inode_at(&root, "/hard") == inode_at(&root, "/d/old"));
	CHECK_STRING(text_at(&root, "/d/old"), "old");
	root_free(&root);
}

static void names_lead_through_links_of_earlier_layers(void)
{
	struct root root = root_with_lower();
	struct tar tar = tar_begin(NULL);

	add(&tar, 'f', "lib/a.so", "a");
	add(&tar, 'f', "abs/b.so", "b");
	CHECK_INT(apply(&root, &tar), 0);
	CHECK_STRING(text_at(&root, "/usr/lib/a.so"), "a");
	CHECK_STRING(text_at(&root, "/usr/lib/b.so"), "b");
	CHECK(S_ISLNK(inode_at(&root, "/lib")->mode));
	root_free(&root);
}

/* ---- what is refused ---- */

static void hostile_entries_are_refused_with_their_name(void)
{
	static const struct {
		const char *first, *second; /* kind, name, "=", text; second may be NULL */
		const char *said;
	} cases[] = {
	    {"f/etc/passwd=x", NULL, "entry name '/etc/passwd' is absolute"},
	    {"f../x=x", NULL, "entry name '../x' contains '..'"},
	    {"fa/../../x=x", NULL, "contains '..'"},
	    {"fa/..=x", NULL, "contains '..'"},
	    {"ls=/etc", "fs/passwd=x", "through the symbolic link 's' of the same archive"},
	    {"ls=../..", "ds/x/=", "through the symbolic link 's' of the same archive"},
	    {"fout/x=x", NULL, "leads out of the root through the symbolic link 'out'"},
	    {"fa=x", "fa=y", "entry 'a': comes twice"},
	    {"fa=x", "la=y", "entry 'a': comes twice"},
	    {"fa/b=x", "fa=y", "entry 'a': comes twice"},
	    {"fa=x", "fa/b=y", "is below a file"},
	    {"ffile/b=y", NULL, "is below a file"},
	    {"hh=missing", NULL, "entry 'h': is a hard link to 'missing', which is not there"},
	    {"hh=/etc/passwd", NULL, "hard link target '/etc/passwd' is absolute"},
	    {"hh=../../etc/passwd", NULL, "contains '..'"},
	    {"hh=d", NULL, "is a hard link to the directory 'd'"},
	    {"hd=d/old", NULL, "is a hard link to itself or what it replaces"},
	    {"hfile=file", NULL, "is a hard link to itself"},
	    {"hh=out/passwd", NULL, "out of the root"},
	    {"f.=x", NULL, "replace the root"},
	    {"f.wh.=", NULL, "whiteout '.wh.' names nothing"},
	    {"fd/.wh...=", NULL, "names nothing"},
	    {"cnull=", NULL, "is a device node"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct root root = root_with_lower();
		struct tar tar = tar_begin(NULL);
		const char *const specs[] = {cases[i].first, cases[i].second};

		root.options.no_devices = true;
		for (size_t j = 0; j < 2 && specs[j]; j++) {
			char name[64];
			const char *equals = strchr(specs[j], '=');

			snprintf(name, sizeof(name), "%.*s", (int)(equals - specs[j] - 1),
				 specs[j] + 1);
			add(&tar, specs[j][0], name, equals + 1);
		}
		CHECK(apply(&root, &tar) < 0);
		if (!strstr(root.err.message, cases[i].said))
			CHECK_STRING(root.err.message, cases[i].said);
		CHECK(!strchr(root.err.message, '\n'));
		root_free(&root);
	}
}

static void duplicates_may_be_allowed(void)
{
	struct root root = root_new();
	struct tar tar = tar_begin(NULL);

	root.options.allow_duplicates = true;
	add(&tar, 'f', "a", "first");
	add(&tar, 'h', "b", "a");
	add(&tar, 'f', "a", "last");
	CHECK_INT(apply(&root, &tar), 0);
	CHECK_STRING(text_at(&root, "/a"), "last");
	CHECK_STRING(text_at(&root, "/b"), "first");
	root_free(&root);
}

static void more_than_was_allowed_is_refused(void)
{
	struct root root = root_new();
	struct tar tar = tar_begin("gzip");

	root.options.max_size = 9;
	add(&tar, 'f', "a", "12345");
	add(&tar, 'f', "b", "67890");
	CHECK_INT(apply(&root, &tar), -EFBIG);
	CHECK(strstr(root.err.message, "entry 'b': does not fit the limit of 9 bytes"));
	root_free(&root);

	root = root_new();
	root.options.max_entries = 1;
	tar = tar_begin(NULL);
	add(&tar, 'f', "a", "");
	add(&tar, 'f', "b", "");
	CHECK_INT(apply(&root, &tar), -EFBIG);
	CHECK(strstr(root.err.message, "more than 1 entries"));
	root_free(&root);
}

/* 300 MB of zeros behind a small name: the stream is the bomb, whatever its headers say. */
static void a_bomb_is_refused_by_its_ratio(void)
{
	struct root root = root_new();
	struct tar tar = tar_begin("zstd");
	struct archive_entry *entry = archive_entry_new();
	static const char zeros[1 << 20];

	archive_entry_copy_pathname(entry, "zeros");
	archive_entry_set_mode(entry, S_IFREG | 0644);
	archive_entry_set_size(entry, 300LL << 20);
	REQUIRE(archive_write_header(tar.archive, entry) == ARCHIVE_OK);
	for (int i = 0; i < 300; i++)
		REQUIRE(archive_write_data(tar.archive, zeros, sizeof(zeros)) > 0);
	archive_entry_free(entry);
	CHECK_INT(apply(&root, &tar), -EFBIG);
	CHECK(strstr(root.err.message, "decompression bomb"));
	root_free(&root);
}

static void a_stream_cut_anywhere_is_refused(void)
{
	static const char *const filters[] = {NULL, "gzip", "zstd", "xz"};

	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		struct tar tar = tar_begin(filters[i]);
		_cleanup_(closep) int whole = -1;
		struct stat st;
		char data[16384];
		off_t end;

		add(&tar, 'f', "a", "some contents");
		add(&tar, 'f', "b", "some more");
		whole = tar_end(&tar);
		REQUIRE(fstat(whole, &st) == 0 && st.st_size <= (off_t)sizeof(data));
		REQUIRE(io_pread(whole, data, (size_t)st.st_size, 0) == st.st_size);
		/* behind the first zero block of a bare tar nothing is missing */
		end = filters[i] ? st.st_size - 1 : 4 * 512;
		for (off_t size = 0; size <= end; size += filters[i] ? 1 : 64) {
			struct root root = root_new();
			int part = memfd_create("part", MFD_CLOEXEC);

			REQUIRE(io_write(part, data, (size_t)size) == 0);
			lseek(part, 0, SEEK_SET);
			if (apply_fd(&root, part) >= 0) {
				CHECK(!"a truncated stream was taken");
				fprintf(stderr, "\t%s cut at %lld\n",
					filters[i] ? filters[i] : "tar", (long long)size);
			}
			root_free(&root);
		}
	}
}

static void digests_are_checked_on_both_sides(void)
{
	struct tar tar = tar_begin("gzip");
	_cleanup_(closep) int fd = -1;
	char hex[DIGEST_HEX_SIZE], digest[80], wrong[80];

	add(&tar, 'f', "a", "contents");
	fd = tar_end(&tar);
	REQUIRE(digest_fd(fd, hex, NULL) == 0);
	snprintf(digest, sizeof(digest), "sha256:%s", hex);
	strcpy(wrong, digest);
	wrong[10] = wrong[10] == '0' ? '1' : '0';
	for (int i = 0; i < 4; i++) {
		struct root root = root_new();

		lseek(fd, 0, SEEK_SET);
		root.options.digest = i == 0 ? digest : i == 1 ? wrong : i == 2 ? "md5:0" : NULL;
		root.options.diff_id = i == 3 ? digest : NULL;
		CHECK_INT(apply_fd(&root, dup(fd)), i == 0 ? 0 : i == 2 ? -ENOTSUP : -EBADMSG);
		if (i == 1)
			CHECK(strstr(root.err.message, "digest does not match"));
		if (i == 3)
			CHECK(strstr(root.err.message, "diff_id does not match"));
		root_free(&root);
	}
}

static void what_is_no_tar_is_said_to_be_none(void)
{
	struct root root = root_new();
	int fd = memfd_create("text", MFD_CLOEXEC);

	REQUIRE(io_write(fd, "this is a letter, not an archive\n", 33) == 0);
	lseek(fd, 0, SEEK_SET);
	CHECK(apply_fd(&root, fd) < 0);
	CHECK_STRING(root.err.message, "'test.tar': not a tar archive");
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
	RUN(holes_stay_holes);
	RUN(a_whiteout_hides_what_is_below_only);
	RUN(a_whiteout_of_a_directory_keeps_what_the_layer_brings);
	RUN(an_opaque_directory_starts_empty);
	RUN(without_whiteouts_they_are_names);
	RUN(a_later_layer_replaces_and_merges);
	RUN(names_lead_through_links_of_earlier_layers);
	RUN(hostile_entries_are_refused_with_their_name);
	RUN(duplicates_may_be_allowed);
	RUN(more_than_was_allowed_is_refused);
	RUN(a_bomb_is_refused_by_its_ratio);
	RUN(a_stream_cut_anywhere_is_refused);
	RUN(digests_are_checked_on_both_sides);
	RUN(what_is_no_tar_is_said_to_be_none);
	RUN(what_is_written_reads_back_the_same);
	RUN(paths_in_a_tree_resolve_inside_it);
	return test_end();
}
