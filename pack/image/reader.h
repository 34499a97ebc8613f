/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads SquashFS 4.0 images with zstd: the whole as a tree, and the bytes of its files. It shares
 * only format.h with the writer, so that a mistake of one is not repeated by the other, and believes
 * nothing it reads: every position, count and size is checked against what is there, names and links
 * against loops, and the memory it takes is bounded by the size of the image's own tables.
 *
 *	r = image_open(fd, "x.sqsh", &image, err);
 *	r = image_tree(image, &tree, err);
 *	r = image_file_open(image, node->inode, &file, err);
 *	n = image_file_read(file, buffer, size, position, err);
 */
#ifndef PACK_IMAGE_READER_H
#define PACK_IMAGE_READER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/base/error.h"
#include "pack/tree/tree.h"

struct image;

/* What the superblock says, checked. */
struct image_info {
	uint32_t inode_count;
	uint32_t fragment_count;
	uint32_t id_count;
	uint32_t block_size;
	uint16_t flags; /* enum sqfs_flags */
	uint16_t root_offset;
	uint64_t root_block;
	int64_t time;
	uint64_t bytes_used; /* without the padding */
	uint64_t id_table, xattr_table, inode_table, directory_table;
	uint64_t fragment_table, export_table; /* SQFS_NO_TABLE when absent */
};

/* fd is borrowed and outlives the image; name is for messages, borrowed. -EBADMSG: not an image. */
int image_open(int fd, const char *name, struct image **ret_image, struct error *err);
void image_close(struct image *image);
void image_closep(struct image **image);
const struct image_info *image_info(const struct image *image);

/*
 * Everything that is in it. Contents are not read: content.kind is CONTENT_NONE, and inode->scratch
 * is what image_file_open() needs.
 */
int image_tree(struct image *image, struct tree **ret_tree, struct error *err);

struct image_file;

/* A regular file of image_tree(). The image must stay open; several files may be, in one thread. */
int image_file_open(struct image *image, const struct inode *inode, struct image_file **ret_file,
		    struct error *err);
void image_file_close(struct image_file *file);
void image_file_closep(struct image_file **file);
/* Is each of its blocks one that can be? Their bytes are not read. */
int image_file_check(const struct image_file *file, struct error *err);
/* Bytes read, fewer than size only at the end; or a negative errno. Quick when read in order. */
ssize_t image_file_read(struct image_file *file, void *data, size_t size, uint64_t position,
			struct error *err);

#endif
