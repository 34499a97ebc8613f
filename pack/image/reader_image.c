// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/reader_image.h"

#include <errno.h>

#include "db/base/io.h"

int image_damaged(const struct image *image, const char *what, struct error *err)
{
	return error_set(err, -EBADMSG, "'%s' is damaged: %s", image->name, what);
}

int image_read_at(const struct image *image, void *data, size_t size, uint64_t position,
		  struct error *err)
{
	ssize_t got = io_pread(image->fd, data, size, position);

	if (got < 0)
		return error_code(err, (int)got, "cannot read '%s'", image->name);
	return (size_t)got < size ? image_damaged(image, "it ends too early", err) : 0;
}

int block_read(struct image *image, uint64_t position, uint32_t stored, uint8_t *into,
	       uint32_t *ret_size, struct error *err)
{
	bool raw = stored & SQFS_BLOCK_RAW;
	uint32_t size = stored & (SQFS_BLOCK_RAW - 1);
	size_t got;
	int r;

	if (stored & ~(uint32_t)(SQFS_BLOCK_RAW | (SQFS_BLOCK_RAW - 1)) || size == 0 ||
	    size > image->info.block_size)
		return image_damaged(image, "a block has no possible size", err);
	if (position > image->info.inode_table || image->info.inode_table - position < size)
		return image_damaged(image, "a block is outside the data", err);
	r = image_read_at(image, raw ? into : image->compressed, size, position, err);
	if (r < 0)
		return r;
	got = size;
	if (!raw)
		got = ZSTD_decompressDCtx(image->context, into, image->info.block_size,
					  image->compressed, size);
	if (ZSTD_isError(got))
		return image_damaged(image, "a block cannot be uncompressed", err);
	*ret_size = (uint32_t)got;
	return 0;
}
