// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any bytes as an order of use. Whatever they say, the image laid out for them has to hold just what an
 * image without an order holds, and the same list twice has to give the same bytes.
 */
#include "pack/need/order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/digest.h"
#include "pack/image/image.h"
#include "pack/image/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct image_options options = {.level = 1, .block_size = 4096, .threads = 1};

/* Short paths, which a fuzzer finds; files of every size around a block, links, directories. */
static struct tree *sample(void)
{
	static const char *const paths[] = {"/a", "/b",   "/c",   "/d/e",   "/d/f",   "/d/g/h",
					    "/i", "/i/j", "/k/l", "/k/l/m", "/n\no", "/p p"};
	static char bytes[9000];
	struct tree *tree;
	struct node *node;

	if (tree_new(&tree) < 0)
		abort();
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31 % 127 + i / 64);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		int last = i + 1 == sizeof(paths) / sizeof(*paths);
		int is_parent = !last && strncmp(paths[i], paths[i + 1], strlen(paths[i])) == 0 &&
				paths[i + 1][strlen(paths[i])] == '/';
		int is_known = tree_find(tree, paths[i]) != NULL;

		if (is_known)
			continue;
		if (tree_insert(tree, paths[i], is_parent ? S_IFDIR | 0755 : S_IFREG | 0644, &node,
				NULL) < 0 ||
		    (!is_parent && inode_set_bytes(node->inode, bytes + i, i * 797 % 8900) < 0))
			abort();
	}
	if (node_link(tree_root(tree), "x", tree_find(tree, "/d/f"), NULL) < 0)
		abort();
	return tree;
}

static void write_image(struct tree *tree, char hex[DIGEST_HEX_SIZE])
{
	_cleanup_(closep) int fd = memfd_create("image", MFD_CLOEXEC);
	struct error err = ERROR_INIT;

	if (fd < 0)
		return;
	if (image_write(tree, &options, fd, NULL, &err) < 0 ||
	    image_verify(tree, &options, fd, "image", &err) < 0 ||
	    digest_fd(fd, hex, &err) < 0) {
		fprintf(stderr, "%s\n", err.message);
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char first[DIGEST_HEX_SIZE] = "", second[DIGEST_HEX_SIZE] = "";
	char *hex[] = {first, second};

	for (int i = 0; i < 2; i++) {
		_cleanup_(tree_freep) struct tree *tree = sample();
		uint64_t known, unknown;

		if (order_apply(tree, (const char *)data, size, &known, &unknown) < 0 ||
		    known + unknown > size)
			abort();
		write_image(tree, hex[i]);
	}
	if (strcmp(first, second) != 0)
		abort();
	return 0;
}
