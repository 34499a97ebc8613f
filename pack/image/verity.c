// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/verity.h"

#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"

enum {
	SALT_MAX = 256,
	BLOCK_MIN = 512,
	BLOCK_MAX = 1 << 16,
	LEVELS_MAX = 64,
	ROOT_FILE_MAX = 256,
};

/* The first 512 bytes of the tree, little-endian. */
struct superblock {
	char magic[8]; /* "verity\0\0" */
	uint32_t version, hash_type; /* 1, and 1: the salt comes before the data */
	uint8_t uuid[16];
	char algorithm[32];
	uint32_t data_block_size, hash_block_size;
	uint64_t data_blocks;
	uint16_t salt_size;
	uint8_t padding[6];
	uint8_t salt[SALT_MAX];
	uint8_t unused[168];
};
_Static_assert(sizeof(struct superblock) == 512, "as it is in the file");

/* Blocks that lie one after the other: the data, or the hashes of the level below. */
struct level {
	int fd;
	const char *name;
	uint64_t start; /* bytes */
	uint64_t blocks;
	uint32_t size; /* of a block */
};

struct reading {
	struct superblock super; /* numbers are the machine's own by then */
	struct level levels[LEVELS_MAX + 1]; /* [0] is the data, the last is one block */
	size_t count;
	struct digest *digest;
	uint8_t *block, *parent;
	uint8_t root[DIGEST_SIZE];
};

static void reading_release(struct reading *reading)
{
	digest_free(reading->digest);
	free(reading->block);
	free(reading->parent);
}

/* ---- the root hash ---- */

int verity_parse_root(const char *text, char ret_hash[DIGEST_HEX_SIZE])
{
	if (strlen(text) != DIGEST_HEX_SIZE - 1 || strspn(text, "0123456789abcdefABCDEF") != DIGEST_HEX_SIZE - 1)
		return -EINVAL;
	for (size_t i = 0; i < DIGEST_HEX_SIZE; i++)
		ret_hash[i] = (char)tolower((unsigned char)text[i]);
	return 0;
}

static int read_root(const char *path, char ret_hash[DIGEST_HEX_SIZE], struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = io_read_file(AT_FDCWD, path, ROOT_FILE_MAX, &text, err);

	if (r < 0)
		return r;
	text.bytes[strcspn(text.bytes, "\r\n")] = '\0';
	return verity_parse_root(text.bytes, ret_hash) < 0
		       ? error_set(err, -EBADMSG, "'%s' is no root hash: 64 hex digits are", path)
		       : 0;
}

static int digit_of(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

static void root_bytes(const char hash[DIGEST_HEX_SIZE], uint8_t ret_bytes[DIGEST_SIZE])
{
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		ret_bytes[i] = (uint8_t)(digit_of(hash[2 * i]) << 4 | digit_of(hash[2 * i + 1]));
}

/* ---- the superblock ---- */

static bool is_block_size(uint32_t size)
{
	return size >= BLOCK_MIN && size <= BLOCK_MAX && (size & (size - 1)) == 0;
}

static int read_superblock(int fd, const char *tree, struct superblock *super, struct error *err)
{
	ssize_t n = io_pread(fd, super, sizeof(*super), 0);

	if (n < 0)
		return error_code(err, (int)n, "cannot read '%s'", tree);
	if (n != sizeof(*super) || memcmp(super->magic, "verity\0", sizeof(super->magic)) != 0)
		return error_set(err, -EBADMSG, "'%s' is no verity data", tree);
	super->version = le32toh(super->version);
	super->hash_type = le32toh(super->hash_type);
	super->data_block_size = le32toh(super->data_block_size);
	super->hash_block_size = le32toh(super->hash_block_size);
	super->data_blocks = le64toh(super->data_blocks);
	super->salt_size = le16toh(super->salt_size);
	if (super->version != 1 || super->hash_type != 1 ||
	    strncmp(super->algorithm, "sha256", sizeof(super->algorithm)) != 0)
		return error_set(err, -EBADMSG, "'%s' is verity data of another kind: version 1 with sha256 is read", tree);
	if (!is_block_size(super->data_block_size) || !is_block_size(super->hash_block_size) ||
	    super->salt_size > SALT_MAX || !super->data_blocks)
		return error_set(err, -EBADMSG, "'%s' is damaged: its superblock makes no sense", tree);
	return 0;
}

/* ---- the levels ---- */

/* Above the data come its hashes, above those theirs, until one block is left; in the file the uppermost is first. */
static void lay_out(struct reading *reading, int tree_fd, const char *tree)
{
	uint32_t size = reading->super.hash_block_size, each = size / DIGEST_SIZE;
	uint64_t position = size; /* the superblock fills a block */

	for (reading->count = 1; reading->levels[reading->count - 1].blocks > 1; reading->count++)
		reading->levels[reading->count] = (struct level){
			.fd = tree_fd,
			.name = tree,
			.blocks = (reading->levels[reading->count - 1].blocks - 1) / each + 1,
			.size = size,
		};
	for (size_t i = reading->count - 1; i > 0; i--) {
		reading->levels[i].start = position;
		position += reading->levels[i].blocks * size;
	}
}

static int read_block(const struct level *level, uint64_t number, uint8_t *block, struct error *err)
{
	ssize_t n = io_pread(level->fd, block, level->size, level->start + number * level->size);

	if (n < 0)
		return error_code(err, (int)n, "cannot read '%s'", level->name);
	return n == (ssize_t)level->size ? 0 : error_set(err, -EBADMSG, "'%s' ends early", level->name);
}

static int hash_block(struct reading *reading, uint32_t size, uint8_t ret_hash[DIGEST_SIZE])
{
	int r = digest_restart(reading->digest);

	if (r == 0)
		r = digest_add(reading->digest, reading->super.salt, reading->super.salt_size);
	if (r == 0)
		r = digest_add(reading->digest, reading->block, size);
	return r == 0 ? digest_finish_bytes(reading->digest, ret_hash) : r;
}

static int differs(const struct level *level, uint64_t block, bool is_data, struct error *err)
{
	uint64_t start = level->start + block * level->size;

	return error_set(err, -EBADMSG, "'%s' is not what its %s: bytes %" PRIu64 " to %" PRIu64, level->name,
			 is_data ? "verity data says" : "root hash stands for", start, start + level->size - 1);
}

/* Every block of a level against the level above it, or the root hash. */
static int check_level(struct reading *reading, size_t index, struct error *err)
{
	const struct level *level = &reading->levels[index], *above = level + 1;
	bool is_top = index == reading->count - 1;
	uint32_t each = reading->super.hash_block_size / DIGEST_SIZE;
	uint8_t hash[DIGEST_SIZE];
	int r = 0;

	for (uint64_t i = 0; i < level->blocks && r == 0; i++) {
		const uint8_t *wanted = is_top ? reading->root : reading->parent + i % each * DIGEST_SIZE;

		if (!is_top && i % each == 0)
			r = read_block(above, i / each, reading->parent, err);
		if (r == 0)
			r = read_block(level, i, reading->block, err);
		if (r == 0 && hash_block(reading, level->size, hash) < 0)
			r = error_set(err, -EIO, "cannot compute a digest");
		if (r == 0 && memcmp(hash, wanted, DIGEST_SIZE) != 0)
			r = differs(level, i, index == 0, err);
	}
	return r;
}

static int check_size(const struct reading *reading, int fd, const char *image, const char *tree, struct error *err)
{
	const struct superblock *super = &reading->super;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_errno(err, "cannot read '%s'", image);
	return (uint64_t)st.st_size % super->data_block_size == 0 &&
			       (uint64_t)st.st_size / super->data_block_size == super->data_blocks
		       ? 0
		       : error_set(err, -EBADMSG, "'%s' is of another file than '%s': of %" PRIu64 " blocks of %" PRIu32
				   " bytes", tree, image, super->data_blocks, super->data_block_size);
}

int verity_check(int fd, const char *image, const char *tree, const char root_hash[DIGEST_HEX_SIZE],
		 struct error *err)
{
	_cleanup_(closep) int tree_fd = open(tree, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	_cleanup_(reading_release) struct reading reading = {0};
	int r;

	if (tree_fd < 0)
		return error_errno(err, "cannot open '%s'", tree);
	r = read_superblock(tree_fd, tree, &reading.super, err);
	if (r == 0)
		r = check_size(&reading, fd, image, tree, err);
	if (r < 0)
		return r;
	reading.block = malloc(BLOCK_MAX);
	reading.parent = malloc(BLOCK_MAX);
	if (!reading.block || !reading.parent || digest_new(&reading.digest) < 0)
		return error_oom(err);
	root_bytes(root_hash, reading.root);
	reading.levels[0] = (struct level){
		.fd = fd,
		.name = image,
		.blocks = reading.super.data_blocks,
		.size = reading.super.data_block_size,
	};
	lay_out(&reading, tree_fd, tree);
	/* from above: what is wrong with the tree is not said of the image */
	for (size_t i = reading.count; i > 0 && r == 0; i--)
		r = check_level(&reading, i - 1, err);
	return r;
}

int verity_check_beside(int fd, const char *image, const char *root_hash, char ret_hash[DIGEST_HEX_SIZE],
			struct error *err)
{
	_cleanup_(text_release) struct text tree = TEXT_INIT, root = TEXT_INIT;
	int r = 0;

	text_printf(&tree, "%s" VERITY_TREE_SUFFIX, image);
	text_printf(&root, "%s" VERITY_ROOT_SUFFIX, image);
	if (text_failed(&tree) || text_failed(&root))
		return error_oom(err);
	if (!root_hash)
		r = read_root(root.bytes, ret_hash, err);
	else if (verity_parse_root(root_hash, ret_hash) < 0)
		r = error_set(err, -EINVAL, "'%s' is no root hash: 64 hex digits are", root_hash);
	return r < 0 ? r : verity_check(fd, image, tree.bytes, ret_hash, err);
}
