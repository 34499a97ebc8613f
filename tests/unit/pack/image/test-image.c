// SPDX-License-Identifier: BSD-2-Clause
/* Images written and read back, and what the reader refuses. */
#include "pack/image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/digest.h"
#include "db/base/io.h"
#include "pack/image/format.h"
#include "pack/image/reader.h"
#include "pack/image/verify.h"

#include "tests/test.h"

static struct node *add(struct tree *tree, const char *path, uint32_t mode)
{
	struct node *node;

	REQUIRE(tree_insert(tree, path, mode, &node, NULL) == 0);
	return node;
}

/* Every kind, and sizes around a block of 4 KiB. */
static struct tree *sample(void)
{
	struct tree *tree;
	struct node *node;
	static char bytes[20000];

	REQUIRE(tree_new(&tree) == 0);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7 % 251 ^ i / 256);
	for (int size = 4094; size <= 4098; size++) {
		char path[32];

		snprintf(path, sizeof(path), "/files/%d", size);
		node = add(tree, path, S_IFREG | 0644);
		inode_set_bytes(node->inode, bytes, (size_t)size);
		snprintf(path, sizeof(path), "/same/%d", size);
		node = add(tree, path, S_IFREG | 0600);
		inode_set_bytes(node->inode, bytes, (size_t)size);
	}
	node = add(tree, "/large", S_IFREG | 04755);
	inode_set_bytes(node->inode, bytes, sizeof(bytes));
	inode_set_xattr(node->inode, "user.a", bytes, 600);
	inode_set_xattr(node->inode, "security.b", "", 0);
	REQUIRE(node_link(tree_root(tree), "large-too", node, NULL) == 0);
	inode_set_xattr(add(tree, "/other", S_IFREG)->inode, "user.a", bytes, 600);
	node = add(tree, "/hole", S_IFREG | 0644);
	node->inode->size = 123456789;
	node = add(tree, "/link", S_IFLNK | 0777);
	node->inode->target = strdup("target");
	node->inode->mtime = 4294967295;
	add(tree, "/device", S_IFCHR | 0600)->inode->rdev = makedev(4095, 1048575);
	add(tree, "/fifo", S_IFIFO | 0600)->inode->uid = 4294967294u;
	add(tree, "/socket", S_IFSOCK | 0600);
	add(tree, "/empty", S_IFDIR | 01777);
	for (int i = 0; i < 3000; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/big/a-name-that-fills-blocks-%d", i);
		add(tree, path, S_IFREG | 0644)->inode->order = i % 7 ? 0 : (uint64_t)(3000 - i);
	}
	return tree;
}

static int write_to_memory(struct tree *tree, const struct image_options *options,
			   struct error *err, int *ret_fd)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	REQUIRE(fd >= 0);
	*ret_fd = fd;
	return image_write(tree, options, fd, NULL, err);
}

static void what_is_written_is_read_back(void)
{
	static const struct image_options variants[] = {
		{.level = 1, .block_size = 4096, .threads = 2},
		{.level = 3, .no_dedup = true, .exportable = true, .threads = 1},
		{.small = true, .no_xattrs = true, .threads = 2},
		{.level = 15, .block_size = 524288, .threads = 2},
		{.level = 9, .block_size = 8192, .memory = 1, .has_time = true, .time = 77},
	};

	for (size_t i = 0; i < sizeof(variants) / sizeof(*variants); i++) {
		_cleanup_(tree_freep) struct tree *tree = sample();
		_cleanup_(closep) int fd = -1;
		struct error err = ERROR_INIT;

		CHECK_INT(write_to_memory(tree, &variants[i], &err, &fd), 0);
		CHECK_INT(image_verify(tree, &variants[i], fd, "image", &err), 0);
		CHECK_STRING(err.message, "");
	}
}

static void threads_do_not_change_a_byte(void)
{
	char first[DIGEST_HEX_SIZE] = "", now[DIGEST_HEX_SIZE];

	for (unsigned int threads = 1; threads <= 7; threads += 3) {
		_cleanup_(tree_freep) struct tree *tree = sample();
		_cleanup_(closep) int fd = -1;
		struct image_options options = {
			.level = 2, .block_size = 4096, .threads = threads};
		struct error err = ERROR_INIT;

		REQUIRE(write_to_memory(tree, &options, &err, &fd) == 0);
		REQUIRE(digest_fd(fd, now, &err) == 0);
		if (!first[0])
			memcpy(first, now, sizeof(first));
		CHECK_STRING(now, first);
	}
}

static void a_wrong_byte_is_found(void)
{
	_cleanup_(tree_freep) struct tree *tree = sample();
	_cleanup_(closep) int fd = -1;
	struct image_options options = {.level = 1, .block_size = 4096};
	struct error err = ERROR_INIT;

	REQUIRE(write_to_memory(tree, &options, &err, &fd) == 0);
	tree_find(tree, "/files/4097")->inode->content.data[4096] ^= 1;
	CHECK_INT(image_verify(tree, &options, fd, "image", &err), -EIO);
	CHECK_STRING(err.message,
		     "the image is wrong: '/files/4097' has another contents than its source");
	tree_find(tree, "/files/4097")->inode->content.data[4096] ^= 1;
	tree_find(tree, "/device")->inode->rdev++;
	CHECK_INT(image_verify(tree, &options, fd, "image", &err), -EIO);
}

static void what_does_not_fit_is_refused(void)
{
	struct image_options options = {.level = 1};
	struct error err = ERROR_INIT;
	char target[4200];

	memset(target, 't', sizeof(target));
	target[4096] = '\0';
	for (int i = 0; i < 3; i++) {
		_cleanup_(tree_freep) struct tree *tree = sample();
		_cleanup_(closep) int fd = -1;

		if (i == 0)
			add(tree, "/long", S_IFLNK)->inode->target = strdup(target);
		else if (i == 1)
			add(tree, "/device2", S_IFBLK)->inode->rdev = makedev(4096, 0);
		else
			add(tree, "/odd", 0);
		CHECK(write_to_memory(tree, &options, &err, &fd) < 0);
	}
	options.block_size = 5000;
	_cleanup_(tree_freep) struct tree *tree = sample();
	_cleanup_(closep) int fd = -1;
	CHECK_INT(write_to_memory(tree, &options, &err, &fd), -EINVAL);
}

/* A file that shrank after the scan. */
static void a_changed_source_is_an_error_or_counted(void)
{
	_cleanup_(tree_freep) struct tree *tree = sample();
	_cleanup_(closep) int rootfd = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(closep) int fd = -1;
	_cleanup_(closep) int again = -1;
	struct image_options options = {.level = 1, .block_size = 4096};
	struct error err = ERROR_INIT;
	char path[] = "/tmp/test-image.XXXXXX";
	int file = mkstemp(path);
	struct node *node = add(tree, path + 4, S_IFREG | 0644);
	struct stat st;

	REQUIRE(file >= 0 && ftruncate(file, 10000) == 0 && fstat(file, &st) == 0);
	tree_root(tree)->inode->directory->rootfd = rootfd;
	st.st_size = 20000;
	inode_set_file(node->inode, &st);
	CHECK_INT(write_to_memory(tree, &options, &err, &fd), -ESTALE);
	CHECK(strstr(err.message, path + 4) != NULL);
	options.keep_going = true;
	err.message[0] = '\0';
	CHECK_INT(write_to_memory(tree, &options, &err, &again), -ESTALE);
	CHECK_STRING(err.message, "1 files changed while they were being packed");
	close(file);
	unlink(path);
}

/* A file that loses its end while it passes. */
struct shrinking {
	int file;
	uint64_t when; /* bytes behind us */
	int warnings;
};

static void shrink(uint64_t done, uint64_t total, void *data)
{
	const struct shrinking *shrinking = data;

	(void)total;
	if (done == shrinking->when)
		REQUIRE(ftruncate(shrinking->file, 9000) == 0);
}

static void count_warning(const char *message, void *data)
{
	struct shrinking *shrinking = data;

	CHECK(strstr(message, "it shrank") != NULL);
	shrinking->warnings++;
}

/* It began as one before it, of which it keeps what they have in common, and is complained of once. */
static void a_file_that_shrinks_is_stored_as_it_was_read(void)
{
	_cleanup_(tree_freep) struct tree *tree = NULL;
	_cleanup_(tree_freep) struct tree *found = NULL;
	_cleanup_(closep) int rootfd = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(closep) int fd = -1;
	_cleanup_(image_closep) struct image *image = NULL;
	_cleanup_(image_file_closep) struct image_file *stored = NULL;
	char path[] = "/tmp/test-image.XXXXXX", bytes[20000], got[20000];
	struct shrinking shrinking = {.file = mkstemp(path), .when = sizeof(bytes) + 8192};
	struct image_options options = {.level = 1,
					.block_size = 4096,
					.keep_going = true,
					.progress = shrink,
					.progress_data = &shrinking,
					.warn = count_warning,
					.warn_data = &shrinking};
	struct error err = ERROR_INIT;
	struct node *node;
	struct stat st;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7 % 251 ^ i / 256);
	REQUIRE(shrinking.file >= 0 &&
		write(shrinking.file, bytes, sizeof(bytes)) == sizeof(bytes) &&
		fstat(shrinking.file, &st) == 0 && tree_new(&tree) == 0);
	inode_set_bytes(add(tree, "/before", S_IFREG)->inode, bytes, sizeof(bytes));
	node = add(tree, path + 4, S_IFREG | 0644);
	tree_root(tree)->inode->directory->rootfd = rootfd;
	inode_set_file(node->inode, &st);
	CHECK_INT(write_to_memory(tree, &options, &err, &fd), -ESTALE);
	CHECK_STRING(err.message, "1 files changed while they were being packed");
	CHECK_INT(shrinking.warnings, 1);
	REQUIRE(image_open(fd, "image", &image, &err) == 0 && image_tree(image, &found, &err) == 0);
	node = tree_find(found, path + 4);
	REQUIRE(node && image_file_open(image, node->inode, &stored, &err) == 0);
	CHECK_INT(node->inode->size, 9000);
	CHECK_INT(image_file_read(stored, got, sizeof(got), 0, &err), 9000);
	CHECK(memcmp(got, bytes, 9000) == 0);
	close(shrinking.file);
	unlink(path);
}

static volatile int cancel = 1;

static void a_cancelled_image_ends(void)
{
	_cleanup_(tree_freep) struct tree *tree = sample();
	_cleanup_(closep) int fd = -1;
	struct image_options options = {.level = 1, .cancel = &cancel};
	struct error err = ERROR_INIT;

	CHECK_INT(write_to_memory(tree, &options, &err, &fd), -EINTR);
}

/* Every single byte of a small image turned: refused or read, never a crash (ASan looks on). */
static void damage_is_survived(void)
{
	_cleanup_(tree_freep) struct tree *tree = NULL;
	_cleanup_(closep) int fd = -1;
	struct image_options options = {.level = 1, .exportable = true};
	struct error err = ERROR_INIT;
	off_t size;

	REQUIRE(tree_new(&tree) == 0);
	inode_set_bytes(add(tree, "/d/f", S_IFREG)->inode, "hello hello hello", 17);
	inode_set_xattr(add(tree, "/g", S_IFREG)->inode, "user.x", "y", 1);
	add(tree, "/l", S_IFLNK)->inode->target = strdup("t");
	REQUIRE(write_to_memory(tree, &options, &err, &fd) == 0);
	size = lseek(fd, 0, SEEK_END);
	for (off_t at = 0; at < size && at < 600; at++) {
		unsigned char was, turned;

		REQUIRE(pread(fd, &was, 1, at) == 1);
		for (unsigned int by = 1; by < 256; by = by * 2 + 1) {
			struct image *image = NULL;
			struct tree *found = NULL;

			turned = was ^ (unsigned char)by;
			REQUIRE(pwrite(fd, &turned, 1, at) == 1);
			if (image_open(fd, "image", &image, &err) == 0 &&
			    image_tree(image, &found, &err) == 0)
				image_verify(tree, &options, fd, "image", &err);
			tree_free(found);
			image_close(image);
		}
		REQUIRE(pwrite(fd, &was, 1, at) == 1);
	}
	CHECK_INT(image_verify(tree, &options, fd, "image", &err), 0);
}

int main(void)
{
	RUN(what_is_written_is_read_back);
	RUN(threads_do_not_change_a_byte);
	RUN(a_wrong_byte_is_found);
	RUN(what_does_not_fit_is_refused);
	RUN(a_changed_source_is_an_error_or_counted);
	RUN(a_file_that_shrinks_is_stored_as_it_was_read);
	RUN(a_cancelled_image_ends);
	RUN(damage_is_survived);
	return test_end();
}
