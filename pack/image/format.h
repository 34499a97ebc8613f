/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SquashFS 4.0 on the disk. Little-endian, packed: no field is aligned on purpose. The order of an
 * image is the order of this page:
 *
 *	superblock             what follows and where (96 bytes)
 *	compressor options     one raw metadata block; only with FLAG_COMPRESSOR_OPTIONS
 *	data and fragments     compressed blocks, one after another
 *	inode table            metadata blocks: everything about a file but its name
 *	directory table        metadata blocks: names, each with a reference to an inode
 *	fragment table         metadata blocks, then their positions (u64 each)
 *	export table           metadata blocks, then their positions; optional
 *	id table               metadata blocks, then their positions: owners and groups
 *	xattr table            values, then sets, then a header, then positions; optional
 *	zeroes                 up to a multiple of 4096, so that any loop device holds all of it
 *
 * The kernel finds the size of a table by where the next one starts, so they must abut to the byte.
 *
 * Three containers hold everything:
 *
 * A *data block* is block_size bytes of one file, compressed alone (a whole zstd frame) or stored raw.
 * A file's blocks lie one behind another; their sizes are in its inode (struct inode_file), with
 * BLOCK_RAW set for a raw one and 0 for a block of zeroes, which is not stored at all.
 *
 * A *fragment block* holds the tails (or the whole) of many small files. An inode names the block by
 * its number in the fragment table and where in the uncompressed block its bytes begin.
 *
 * A *metadata block* holds 8192 bytes (the last of a table: fewer) behind a 16-bit size. Records run
 * across block borders. A *reference* to a record is (position of its block, relative to the table) <<
 * 16 | offset in the uncompressed block.
 */
#ifndef PACK_IMAGE_FORMAT_H
#define PACK_IMAGE_FORMAT_H

#include <stdint.h>

#define SQFS_MAGIC 0x73717368u /* "hsqs" */
#define SQFS_NO_TABLE UINT64_MAX
#define SQFS_NO_FRAGMENT UINT32_MAX
#define SQFS_NO_XATTR UINT32_MAX

enum {
	SQFS_MAJOR = 4,
	SQFS_ZSTD = 6,
	SQFS_META_SIZE = 8192,
	SQFS_META_RAW = 0x8000, /* in the size of a metadata block */
	SQFS_BLOCK_RAW = 1 << 24, /* in the size of a data or fragment block */
	SQFS_PADDING = 4096,
	SQFS_NAME_MAX = 256,
	SQFS_TARGET_MAX = 4095, /* what every kernel follows */
	SQFS_RUN_MAX = 256,     /* names behind one directory header */
	SQFS_IDS_MAX = 65535,   /* 65,536 would wrap the superblock's count to 0 */
	SQFS_LISTING_EXTRA = 3, /* a directory's size counts "." and ".." as three bytes */
};

enum sqfs_flags {
	SQFS_FLAG_ALWAYS_FRAGMENTS = 0x0020,
	SQFS_FLAG_DEDUPLICATED = 0x0040,
	SQFS_FLAG_EXPORTABLE = 0x0080,
	SQFS_FLAG_NO_XATTRS = 0x0200,
	SQFS_FLAG_COMPRESSOR_OPTIONS = 0x0400,
};

struct sqfs_super {
	uint32_t magic;
	uint32_t inode_count;
	uint32_t time; /* seconds since 1970 */
	uint32_t block_size; /* a power of two, 4 KiB to 1 MiB */
	uint32_t fragment_count;
	uint16_t compressor;
	uint16_t block_log; /* 1 << block_log is block_size */
	uint16_t flags;
	uint16_t id_count;
	uint16_t major, minor;
	uint64_t root;       /* reference into the inode table */
	uint64_t bytes_used; /* without the padding */
	/* Positions in the file. The first two and the last two are those of the position arrays. */
	uint64_t id_table;
	uint64_t xattr_table; /* of its header */
	uint64_t inode_table;
	uint64_t directory_table;
	uint64_t fragment_table;
	uint64_t export_table;
} __attribute__((packed));
_Static_assert(sizeof(struct sqfs_super) == 96, "the superblock is 96 bytes");

/* The compressor options of zstd: what it was told; readers do not need it. */
struct sqfs_zstd_options {
	uint32_t level;
} __attribute__((packed));
_Static_assert(sizeof(struct sqfs_zstd_options) == 4, "zstd options are 4 bytes");

/*
 * Inodes. Each kind comes in a basic form and an extended one with room for extended attributes, big
 * sizes and link counts; the extended type is the basic one plus 7.
 */
enum sqfs_type {
	SQFS_DIR = 1,
	SQFS_FILE = 2,
	SQFS_LINK = 3,
	SQFS_BLOCK_DEVICE = 4,
	SQFS_CHAR_DEVICE = 5,
	SQFS_FIFO = 6,
	SQFS_SOCKET = 7,
	SQFS_EXTENDED = 7,
};

struct sqfs_inode {
	uint16_t type;
	uint16_t mode; /* 07777 only */
	uint16_t uid, gid; /* indexes into the id table */
	uint32_t mtime; /* 1970 to 2106 */
	uint32_t number; /* 1 to inode_count, each once: the kernel's cache is keyed by it */
} __attribute__((packed));
_Static_assert(sizeof(struct sqfs_inode) == 16, "the common part of inodes is 16 bytes");

struct sqfs_dir {
	struct sqfs_inode base;
	uint32_t block; /* of the listing: where its metadata block is, relative to the table */
	uint32_t nlink; /* 2 and one for each subdirectory */
	uint16_t size;  /* of the listing, plus SQFS_LISTING_EXTRA */
	uint16_t offset; /* of the listing in its metadata block */
	uint32_t parent; /* its number; the root's is inode_count + 1 */
} __attribute__((packed));
_Static_assert(sizeof(struct sqfs_dir) == 32, "a directory is 32 bytes");

/* Behind it index_count times struct sqfs_index with its name. */
struct sqfs_dir_extended {
	struct sqfs_inode base;
	uint32_t nlink;
	uint32_t size;
	uint32_t block;
	uint32_t parent;
	uint16_t index_count;
	uint16_t offset;
	uint32_t xattr; /* number of a set of attributes, or SQFS_NO_XATTR */
} __attribute__((packed));
_Static_assert(sizeof(struct sqfs_dir_extended) == 40, "an extended directory is 40 bytes");

/* Where a lookup may start reading: one for each metadata block the listing runs into. */
struct sqfs_index {
	uint32_t position; /* of a header, in the listing */
	uint32_t block;    /* the metadata block it is in, relative to the table */
	uint32_t name_size; /* less one; the first name behind that header follows */
} __attribute__((packed));
_Static_assert(sizeof(struct sqfs_index) == 12, "a directory index is 12 bytes");

/*
 * Behind it the sizes of the blocks, u32 each: size / block_size of them when the tail is in a
 * fragment, one more for the tail when it is not.
 */
struct sqfs_file {
	struct sqfs_inode base;
	uint32_t start; /* of the first block in the image */
	uint32_t fragment; /* number, or SQFS_NO_FRAGMENT */
	uint32_t fragment_offset;
	uint32_t size;
} __attribute__((packed));
_Static_assert(sizeof(struct sqfs_file) == 32, "a file is 32 bytes");

struct sqfs_file_extended {
	struct sqfs_inode base;
	uint64_t start;
	uint64_t size;
	uint64_t sparse; /* bytes in blocks of zeroes; makes st_blocks true */
	uint32_t nlink;
	uint32_t fragment;
	uint32_t fragment_offset;
	uint32_t xattr;
} __attribute__((packed));
_Static_assert(sizeof(struct sqfs_file_extended) == 56, "an extended file is 56 bytes");

/* Behind it the target, and behind that in the extended form the xattr number. */
struct sqfs_link {
	struct sqfs_inode base;
	uint32_t nlink;
	uint32_t size; /* of the target */
} __attribute__((packed));
_Static_assert(sizeof(struct sqfs_link) == 24, "a link is 24 bytes");

struct sqfs_device {
	struct sqfs_inode base;
	uint32_t nlink;
	uint32_t rdev; /* minor & 0xff | major << 8 | (minor & ~0xff) << 12 */
} __attribute__((packed));
_Static_assert(sizeof(struct sqfs_device) == 24, "a device is 24 bytes");

struct sqfs_ipc {
	struct sqfs_inode base;
	uint32_t nlink;
} __attribute__((packed));
_Static_assert(sizeof(struct sqfs_ipc) == 20, "a fifo or a socket is 20 bytes");

/*
 * A listing is runs of names in byte order, each behind a header. A run ends when the names' inodes
 * leave one metadata block, when an inode number is too far from the header's, or after 256.
 */
struct sqfs_run {
	uint32_t count; /* less one */
	uint32_t block; /* of the inodes */
	uint32_t number; /* of an inode: the names' numbers are differences to it */
} __attribute__((packed));
_Static_assert(sizeof(struct sqfs_run) == 12, "a directory header is 12 bytes");

struct sqfs_name {
	uint16_t offset; /* of the inode in its metadata block */
	int16_t difference; /* of its number */
	uint16_t type; /* the basic one */
	uint16_t size; /* of the name, less one; the name follows */
} __attribute__((packed));
_Static_assert(sizeof(struct sqfs_name) == 8, "a directory entry is 8 bytes");

struct sqfs_fragment {
	uint64_t start;
	uint32_t size; /* with SQFS_BLOCK_RAW */
	uint32_t unused;
} __attribute__((packed));
_Static_assert(sizeof(struct sqfs_fragment) == 16, "a fragment is 16 bytes");

/* Attributes: a name without its prefix, then struct sqfs_value and as many bytes. */
enum sqfs_xattr_type {
	SQFS_XATTR_USER = 0,
	SQFS_XATTR_TRUSTED = 1,
	SQFS_XATTR_SECURITY = 2,
	SQFS_XATTR_ELSEWHERE = 0x100, /* the value is a reference (8 bytes) to an earlier value */
};

struct sqfs_key {
	uint16_t type;
	uint16_t size; /* of the name */
} __attribute__((packed));
_Static_assert(sizeof(struct sqfs_key) == 4, "an attribute's key is 4 bytes");

struct sqfs_value {
	uint32_t size;
} __attribute__((packed));
_Static_assert(sizeof(struct sqfs_value) == 4, "an attribute's value is 4 bytes");

/* A set of attributes, shared by all inodes that have just these. */
struct sqfs_xattr_set {
	uint64_t reference; /* of the first key, in the table of values */
	uint32_t count;
	uint32_t size; /* of names (with prefix and NUL) and values */
} __attribute__((packed));
_Static_assert(sizeof(struct sqfs_xattr_set) == 16, "a set of attributes is 16 bytes");

/* Behind it the positions of the metadata blocks of sets. */
struct sqfs_xattr_header {
	uint64_t values; /* position of the first metadata block of values */
	uint32_t count;
	uint32_t unused;
} __attribute__((packed));
_Static_assert(sizeof(struct sqfs_xattr_header) == 16, "the header of attributes is 16 bytes");

#endif
