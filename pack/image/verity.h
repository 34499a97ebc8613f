/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verity data beside an image, for who mounts it through dm-verity: IMAGE.verity, a tree of hashes that
 * veritysetup(8) makes, and IMAGE.roothash, the one hash that stands for all, in hex. systemd finds both by
 * their names. The salt is the image's SHA-256, so the same image has the same files beside it.
 *
 * The tree is read here by ourselves: version 1 of veritysetup's format with SHA-256. Reading costs a hash a
 * block of the image; nothing that the file says is believed.
 */
#ifndef PACK_IMAGE_VERITY_H
#define PACK_IMAGE_VERITY_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/digest.h"
#include "db/base/error.h"
#include "db/base/io.h"

#define VERITY_TREE_SUFFIX ".verity"
#define VERITY_ROOT_SUFFIX ".roothash"

/* What was made and has no name yet. */
struct verity {
	struct io_output tree, root;
	char root_hash[DIGEST_HEX_SIZE];
};

#define VERITY_INIT                                                                                \
	{                                                                                          \
		.tree = IO_OUTPUT_INIT, .root = IO_OUTPUT_INIT                                     \
	}

/* 0, or -EEXIST when a file that would stand beside `image` is there already. */
int verity_check_names(const char *image, struct error *err);
/*
 * Of the image open at `fd`, to stand beside `image`. replace: what stands there goes. -ENOPKG: there is no
 * veritysetup.
 */
int verity_make(struct verity *verity, int fd, const char *image, bool replace, struct error *err);
/* The tree, then its hash: before the image itself gets its name. */
int verity_publish(struct verity *verity, struct error *err);
void verity_release(struct verity *verity);

/* 64 hex digits, in lower case then; -EINVAL. */
int verity_parse_root(const char *text, char ret_hash[DIGEST_HEX_SIZE]);
/*
 * Is the image open at `fd` what the tree in the file `tree` and the root hash say, every block of it? -EBADMSG
 * names the first that is not; `image` is its name in messages.
 */
int verity_check(int fd, const char *image, const char *tree, const char root_hash[DIGEST_HEX_SIZE],
		 struct error *err);
/*
 * The same with what stands beside the image: IMAGE.verity and, where root_hash is NULL, IMAGE.roothash. Who could
 * change the image could change that, too: what comes another way proves more. *ret_hash is what was agreed with.
 */
int verity_check_beside(int fd, const char *image, const char *root_hash, char ret_hash[DIGEST_HEX_SIZE],
			struct error *err);

#endif
