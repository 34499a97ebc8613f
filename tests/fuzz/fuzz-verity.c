// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any bytes as the verity data of an image of four blocks that never changes: only its own tree, with its own root hash, is
 * right.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "pack/image/verity.h"

enum { BLOCKS = 4, BLOCK = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int image = -1;

static int make_image(void)
{
	static char bytes[BLOCKS * BLOCK];
	int fd = memfd_create("image", MFD_CLOEXEC);

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i / 7);
	if (fd < 0 || io_write(fd, bytes, sizeof(bytes)) < 0)
		abort();
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* of the tree in the corpus */
	static const char right[] = "8a22f3c6b6314bad5bc04058fac8e69b1881caf8016fd7923eff6a6bec40caea";
	_cleanup_(closep) int fd = memfd_create("tree", MFD_CLOEXEC);
	struct error err = ERROR_INIT;
	char path[40];
	int r;

	if (image < 0)
		image = make_image();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || io_write(fd, data, size) < 0)
		abort();
	r = verity_check(image, "image", path, right, &err);
	if (r < 0 && !*err.message)
		abort();
	/* its superblock has a uuid and bytes that nobody reads; its tree is one */
	if (r == 0 && (size < 2 * BLOCK || memcmp(data, "verity", 6) != 0))
		abort();
	return 0;
}
