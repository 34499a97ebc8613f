// SPDX-License-Identifier: BSD-2-Clause
/* What root reads of a package: whether nobody else can change it meanwhile, and whether it can be one at all. */
#include "stage/store/ours.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pack/image/format.h"
#include "stage/store/private.h"
#include "tests/manifest.h"

enum { USED = 4096, SAID = 1024 };

static int store = -1;

/* An image's first block, and what is said to be behind it. */
static void write_image(const char *path, uint64_t used, off_t size)
{
	struct sqfs_super super = {.magic = htole32(SQFS_MAGIC), .bytes_used = htole64(used)};
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	REQUIRE(fd >= 0 && write(fd, &super, sizeof(super)) == sizeof(super) && ftruncate(fd, size) == 0);
	close(fd);
}

static bool is_ours(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ours = file_is_ours(fd, store);

	close(fd);
	return ours;
}

static void a_file_is_ours_when_only_root_can_write_it_and_the_way_to_it(void)
{
	int writer, fd;

	write_image("file", USED, USED);
	CHECK(is_ours("file"));
	CHECK(chmod("file", 0664) == 0 && !is_ours("file"));
	CHECK(chmod("file", 0646) == 0 && !is_ours("file"));
	CHECK(chmod("file", 0644) == 0 && chown("file", 1234, 0) == 0 && !is_ours("file"));
	CHECK(chown("file", 0, 1234) == 0 && is_ours("file"));
	REQUIRE(mkdir("way", 0755) == 0 && mkdir("way/on", 0755) == 0 && rename("file", "way/on/file") == 0);
	CHECK(is_ours("way/on/file"));
	CHECK(chmod("way", 0777) == 0 && !is_ours("way/on/file"));
	CHECK(chmod("way", 01777) == 0 && is_ours("way/on/file"));
	CHECK(chmod("way", 0755) == 0 && chown("way", 1234, 0) == 0 && !is_ours("way/on/file"));
	CHECK(chown("way", 0, 0) == 0 && is_ours("way/on/file"));
	/* by a link it is where it is */
	REQUIRE(mkdir("open", 0777) == 0 && chmod("open", 0777) == 0 && symlink("../way/on/file", "open/link") == 0);
	CHECK(is_ours("open/link"));
	/* who has it open to write goes on, whatever its mode says by now */
	writer = open("way/on/file", O_WRONLY | O_CLOEXEC);
	CHECK(!is_ours("way/on/file"));
	close(writer);
	CHECK(is_ours("way/on/file"));
	/* without its name nobody knows where it lies */
	fd = open("way/on/file", O_RDONLY | O_CLOEXEC);
	CHECK(unlink("way/on/file") == 0 && !file_is_ours(fd, store));
	close(fd);
}

static void a_copy_is_whole_has_no_name_and_is_roots(void)
{
	char digest[DIGEST_HEX_SIZE], ours[DIGEST_HEX_SIZE], copied_digest[DIGEST_HEX_SIZE];
	struct error err = ERROR_INIT;
	struct stat st;
	bool copied;
	int fd, copy;

	write_image("image", 3 << 20, 3 << 20);
	fd = open("image", O_RDONLY | O_CLOEXEC);
	REQUIRE(digest_fd(fd, digest, &err) == 0);
	CHECK_INT(file_make_ours(fd, "image", store, &copy, &copied, ours, &err), 0);
	CHECK(!copied);
	CHECK_STRING(ours, digest);
	close(copy);
	REQUIRE(chown("image", 1234, 1234) == 0);
	CHECK_INT(file_make_ours(fd, "image", store, &copy, &copied, ours, &err), 0);
	CHECK(copied);
	CHECK_STRING(ours, digest);
	REQUIRE(fstat(copy, &st) == 0);
	CHECK_INT(st.st_nlink, 0);
	CHECK_INT(st.st_uid, 0);
	CHECK_INT(st.st_mode & 07777, 0400);
	CHECK_INT(st.st_size, 3 << 20);
	/* what its owner does from now on is nothing to us */
	REQUIRE(truncate("image", 0) == 0);
	CHECK(digest_fd(copy, copied_digest, &err) == 0);
	CHECK_STRING(copied_digest, digest);
	close(copy);
	close(fd);
}

/* The kernel's files hold more than they say, as one does that is written to meanwhile. */
static void a_file_that_grows_while_it_is_read_is_refused_and_nothing_of_it_stays(void)
{
	char digest[DIGEST_HEX_SIZE] = "";
	struct error err = ERROR_INIT;
	int fd = open("/proc/version", O_RDONLY | O_CLOEXEC), copy = -1;
	struct stat st;

	REQUIRE(fd >= 0 && fstat(fd, &st) == 0 && st.st_size == 0);
	CHECK_INT(file_copy(fd, "it", store, &copy, digest, &err), -ESTALE);
	CHECK_STRING(err.message, "'it' grows while it is read");
	CHECK_INT(copy, -1);
	CHECK_STRING(digest, "");
	CHECK_INT(rmdir("store/files"), 0);
	close(fd);
	REQUIRE(mkdir("store/files", 0700) == 0);
}

static int beginning(const char *path, char said[SAID])
{
	struct error err = ERROR_INIT;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r;
	struct stat st;

	REQUIRE(fd >= 0 && fstat(fd, &st) == 0);
	r = store_check_beginning(fd, "it", &st, &err);
	snprintf(said, SAID, "%s", err.message);
	close(fd);
	return r;
}

static void what_can_be_no_package_is_seen_by_its_beginning(void)
{
	char said[SAID];

	write_image("it", USED, USED);
	CHECK_INT(beginning("it", said), 0);
	write_image("it", USED, USED - 1);
	CHECK_INT(beginning("it", said), -EBADMSG);
	CHECK_STRING(said, "'it' is cut short: 4095 of 4096 bytes; copy it again");
	/* a block that is full, and hashes of it */
	write_image("it", USED, USED + (1 << 20));
	CHECK_INT(beginning("it", said), 0);
	write_image("it", 80 << 20, (80 << 20) + (11 << 20));
	CHECK_INT(beginning("it", said), 0);
	write_image("it", 80 << 20, (80 << 20) + (11 << 20) + 1);
	CHECK_INT(beginning("it", said), -EBADMSG);
	CHECK_STRING(said, "'it' has 11534337 bytes behind its image of 83886080");
	write_image("it", UINT64_MAX, USED);
	CHECK_INT(beginning("it", said), -EBADMSG);
	REQUIRE(truncate("it", 3) == 0);
	CHECK_INT(beginning("it", said), -EBADMSG);
	CHECK_STRING(said, "'it' is not a package: not a SquashFS image");
	REQUIRE(mkfifo("fifo", 0644) == 0);
	CHECK_INT(beginning("fifo", said), -EBADMSG);
	CHECK_STRING(said, "'it' is not a package: not a file");
	CHECK_INT(beginning(".", said), -EBADMSG);
}

int main(void)
{
	if (geteuid() != 0)
		test_skip("needs root");
	scratch_enter();
	REQUIRE(mkdir("store", 0700) == 0 && mkdir("store/files", 0700) == 0);
	store = open("store", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	RUN(a_file_is_ours_when_only_root_can_write_it_and_the_way_to_it);
	RUN(a_copy_is_whole_has_no_name_and_is_roots);
	RUN(a_file_that_grows_while_it_is_read_is_refused_and_nothing_of_it_stays);
	RUN(what_can_be_no_package_is_seen_by_its_beginning);
	return test_end();
}
