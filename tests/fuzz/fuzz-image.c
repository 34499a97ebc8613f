// SPDX-License-Identifier: BSD-2-Clause
/* The reader of images against whatever bytes: it may refuse, it may not crash, hang or take all. */
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "pack/image/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_some(struct node *node, void *data)
{
	_cleanup_(image_file_closep) struct image_file *file = NULL;
	char bytes[65536];
	uint64_t position = 0;

	if (!S_ISREG(node->inode->mode) || image_file_open(data, node->inode, &file, NULL) < 0)
		return 0;
	for (int i = 0; i < 16; i++) {
		ssize_t got = image_file_read(file, bytes, sizeof(bytes), position, NULL);

		if (got <= 0)
			break;
		position += (uint64_t)got;
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(closep) int fd = memfd_create("image", MFD_CLOEXEC);
	_cleanup_(image_closep) struct image *image = NULL;
	_cleanup_(tree_freep) struct tree *tree = NULL;

	if (fd < 0 || io_pwrite(fd, data, size, 0) < 0)
		return 0;
	if (image_open(fd, "input", &image, NULL) < 0)
		return 0;
	if (image_tree(image, &tree, NULL) == 0)
		tree_walk(tree, read_some, image);
	return 0;
}
