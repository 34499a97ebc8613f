// SPDX-License-Identifier: BSD-2-Clause
/* The reader of verity data against what veritysetup makes: trees of every height and size of block, and each damage found. */
#include "pack/image/verity.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/program.h"
#include "db/base/text.h"

#include "tests/test.h"

#define IMAGE "image"
#define TREE "image.verity"
enum { BLOCK = 4096 };

static char root_hash[DIGEST_HEX_SIZE];
static struct error err;

static void make_image(uint64_t blocks, uint32_t block)
{
	_cleanup_(closep) int fd = open(IMAGE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	/* a file of holes, but for a few bytes: many of its hashes are equal, those that count are not */
	REQUIRE(fd >= 0 && ftruncate(fd, (off_t)(blocks * block)) == 0);
	for (uint64_t i = 0; i < blocks; i += 1 + blocks / 50)
		REQUIRE(io_pwrite(fd, &i, sizeof(i), i * block + i % block / 2) == 0);
}

/* By veritysetup, as it is called by hand. */
static void make_tree(uint32_t data_block, uint32_t hash_block, const char *salt)
{
	_cleanup_(text_release) struct text output = TEXT_INIT, said = TEXT_INIT;
	char data[48], hash[48], with[80];
	const char *const argv[] = {"veritysetup", "format", data, hash, with, "--root-hash-file=root", IMAGE, TREE, NULL};
	_cleanup_(text_release) struct text root = TEXT_INIT;

	snprintf(data, sizeof(data), "--data-block-size=%u", data_block);
	snprintf(hash, sizeof(hash), "--hash-block-size=%u", hash_block);
	snprintf(with, sizeof(with), "--salt=%s", salt);
	unlink(TREE);
	unlink("root");
	REQUIRE(program_run(argv, &output, &said, &err) == 0);
	REQUIRE(io_read_file(AT_FDCWD, "root", 100, &root, &err) == 0);
	REQUIRE(verity_parse_root(root.bytes, root_hash) == 0);
}

static int check(void)
{
	_cleanup_(closep) int fd = open(IMAGE, O_RDONLY | O_CLOEXEC);

	*err.message = '\0';
	return verity_check(fd, IMAGE, TREE, root_hash, &err);
}

static void flip(const char *path, uint64_t offset)
{
	_cleanup_(closep) int fd = open(path, O_RDWR | O_CLOEXEC);
	char byte;

	REQUIRE(io_pread(fd, &byte, 1, offset) == 1);
	byte ^= 0x10;
	REQUIRE(io_pwrite(fd, &byte, 1, offset) == 0);
}

/* Of each level one block is damaged in turn, and said to be. */
static void each_damage_is_found(uint64_t blocks, uint32_t data_block, uint32_t hash_block)
{
	uint64_t places[] = {0, blocks * data_block / 2, blocks * data_block - 1};
	char wanted[120];
	struct stat st;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		uint64_t start = places[i] / data_block * data_block;

		flip(IMAGE, places[i]);
		snprintf(wanted, sizeof(wanted), "'image' is not what its verity data says: bytes %" PRIu64 " to %" PRIu64, start,
			 start + data_block - 1);
		CHECK_INT(check(), -EBADMSG);
		CHECK_STRING(err.message, wanted);
		flip(IMAGE, places[i]);
	}
	REQUIRE(stat(TREE, &st) == 0);
	for (uint64_t at = hash_block; at < (uint64_t)st.st_size; at += hash_block) {
		flip(TREE, at + at % hash_block);
		snprintf(wanted, sizeof(wanted), "'image.verity' is not what its root hash stands for: bytes %" PRIu64 " to %" PRIu64,
			 at, at + hash_block - 1);
		CHECK_INT(check(), -EBADMSG);
		CHECK_STRING(err.message, wanted);
		flip(TREE, at + at % hash_block);
	}
	CHECK_INT(check(), 0);
}

static void what_veritysetup_makes_is_read(void)
{
	static const struct {
		uint64_t blocks;
		uint32_t data, hash;
		const char *salt;
	} cases[] = {
		{1, 4096, 4096, "00"},
		{2, 4096, 4096, "-"},
		{128, 4096, 4096, "0123456789abcdef"},
		{129, 4096, 4096, "00"},
		{16384, 4096, 4096, "00"},
		{16385, 4096, 4096, "ff00"},
		{16, 512, 512, "00"},
		{17, 512, 512, "-"},
		{4097, 1024, 512, "aa"},
		{300, 4096, 1024, "00"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		make_image(cases[i].blocks, cases[i].data);
		make_tree(cases[i].data, cases[i].hash, cases[i].salt);
		CHECK_INT(check(), 0);
		CHECK_STRING(err.message, "");
		if (cases[i].blocks < 5000)
			each_damage_is_found(cases[i].blocks, cases[i].data, cases[i].hash);
	}
}

static void another_root_hash_is_refused(void)
{
	make_image(300, BLOCK);
	make_tree(BLOCK, BLOCK, "00");
	root_hash[5] = root_hash[5] == '0' ? '1' : '0';
	CHECK_INT(check(), -EBADMSG);
	CHECK_STRING(err.message, "'image.verity' is not what its root hash stands for: bytes 4096 to 8191");
}

static void an_image_of_another_size_is_refused(void)
{
	make_image(300, BLOCK);
	make_tree(BLOCK, BLOCK, "00");
	for (int by = -1; by <= 1; by += 2) {
		REQUIRE(truncate(IMAGE, (300 + by) * BLOCK) == 0);
		CHECK_INT(check(), -EBADMSG);
		CHECK_STRING(err.message, "'image.verity' is of another file than 'image': of 300 blocks of 4096 bytes");
	}
	REQUIRE(truncate(IMAGE, 300 * BLOCK + 7) == 0);
	CHECK_INT(check(), -EBADMSG);
}

/* The superblock's numbers, by their offsets in the file. */
static void a_superblock_that_makes_no_sense_is_refused(void)
{
	static const struct {
		uint64_t offset;
		const char *bytes;
		size_t size;
	} spoils[] = {
		{0, "V", 1}, {8, "\2", 1}, {12, "\0", 1}, {32, "sha512", 6}, {38, "x", 1}, {64, "\1\20", 2},
		{64, "\0\0\2", 3}, {68, "\0\0", 2}, {68, "\377\377\377\377", 4}, {72, "\0\0\0", 3},
		{72, "\377\377\377\377\377\377\377\377", 8}, {80, "\1\1", 2},
	};

	make_image(300, BLOCK);
	for (size_t i = 0; i < sizeof(spoils) / sizeof(*spoils); i++) {
		make_tree(BLOCK, BLOCK, "00");
		{
			_cleanup_(closep) int fd = open(TREE, O_WRONLY | O_CLOEXEC);

			REQUIRE(io_pwrite(fd, spoils[i].bytes, spoils[i].size, spoils[i].offset) == 0);
		}
		CHECK_INT(check(), -EBADMSG);
		CHECK(*err.message);
	}
}

static void a_tree_that_ends_early_is_refused(void)
{
	make_image(300, BLOCK);
	make_tree(BLOCK, BLOCK, "00");
	REQUIRE(truncate(TREE, 4 * BLOCK) == 0);
	CHECK_INT(check(), -EBADMSG);
	CHECK_STRING(err.message, "'image.verity' ends early");
	REQUIRE(truncate(TREE, 100) == 0);
	CHECK_INT(check(), -EBADMSG);
	CHECK_STRING(err.message, "'image.verity' is no verity data");
	REQUIRE(unlink(TREE) == 0);
	CHECK_INT(check(), -ENOENT);
}

static void what_is_made_is_the_same_again(void)
{
	_cleanup_(closep) int fd = -1;
	struct verity first = VERITY_INIT, second = VERITY_INIT;
	char hash[DIGEST_HEX_SIZE], again[DIGEST_HEX_SIZE];

	unlink(TREE);
	make_image(300, BLOCK);
	fd = open(IMAGE, O_RDONLY | O_CLOEXEC);
	REQUIRE(verity_make(&first, fd, IMAGE, false, &err) == 0);
	CHECK_INT(access(TREE, F_OK), -1);
	REQUIRE(verity_make(&second, fd, IMAGE, false, &err) == 0);
	CHECK_STRING(first.root_hash, second.root_hash);
	CHECK_INT(digest_fd(first.tree.fd, hash, &err), 0);
	CHECK_INT(digest_fd(second.tree.fd, again, &err), 0);
	CHECK_STRING(hash, again);
	CHECK_INT(verity_check_names(IMAGE, &err), 0);
	CHECK_INT(verity_publish(&first, &err), 0);
	CHECK_INT(verity_check_names(IMAGE, &err), -EEXIST);
	/* what came meanwhile stays */
	CHECK_INT(verity_publish(&second, &err), -EEXIST);
	CHECK_INT(verity_check_beside(fd, IMAGE, NULL, again, &err), 0);
	CHECK_STRING(again, first.root_hash);
	CHECK_INT(verity_check_beside(fd, IMAGE, "12", again, &err), -EINVAL);
	verity_release(&first);
	verity_release(&second);
}

static char directory[] = "/var/tmp/sfc-verity.XXXXXX";

/* However it ends. */
static void remove_all(void)
{
	static const char *const names[] = {IMAGE, TREE, "image.roothash", "root"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlink(names[i]);
	rmdir(directory);
}

int main(void)
{
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	if (!program_is_there("veritysetup"))
		test_skip("needs veritysetup (cryptsetup-bin)");
	REQUIRE(mkdtemp(directory) && chdir(directory) == 0 && atexit(remove_all) == 0);
	RUN(what_veritysetup_makes_is_read);
	RUN(another_root_hash_is_refused);
	RUN(an_image_of_another_size_is_refused);
	RUN(a_superblock_that_makes_no_sense_is_refused);
	RUN(a_tree_that_ends_early_is_refused);
	RUN(what_is_made_is_the_same_again);
	return test_end();
}
