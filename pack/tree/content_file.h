/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where contents wait between a stream that is read once and a tree that is read later: one
 * unlinked file, written at its end only, gone with its last descriptor. Runs of zeros are not
 * written, so that holes stay holes. Nodes borrow the descriptor (CONTENT_RANGE): the file
 * outlives the tree.
 */
#ifndef PACK_TREE_CONTENT_FILE_H
#define PACK_TREE_CONTENT_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"

struct content_file;

/*
 * directory: where the file is made; NULL: $TMPDIR, else /var/tmp (a memory file system such as
 * /tmp often is would be the wrong place for a whole root).
 */
int content_file_new(const char *directory, struct content_file **ret_file, struct error *err);
void content_file_free(struct content_file *contents);
void content_file_freep(struct content_file **contents);

/* The descriptor to read from; borrowed. */
int content_file_fd(const struct content_file *contents);
/* Bytes of contents, holes included. */
uint64_t content_file_size(const struct content_file *contents);

/*
 * Begin the next contents, of `size` bytes; *ret_offset is where they start. Then write any part of
 * them, in any order, each byte once; what is not written is a hole.
 */
int content_file_begin(struct content_file *contents, uint64_t size, uint64_t *ret_offset,
		       struct error *err);
int content_file_write(struct content_file *contents, uint64_t offset, const void *data,
		       size_t size, uint64_t *ret_stored, struct error *err);

#endif
