/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where contents wait between a stream that is read once and a tree that is read later: one
 * unlinked file, written at its end only, gone with its last descriptor. Runs of zeros are not
 * written, so that holes stay holes. Nodes borrow the descriptor (CONTENT_RANGE): the spool
 * outlives the tree.
 */
#ifndef PACK_TREE_CONTENT_FILE_H
#define PACK_TREE_CONTENT_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"

struct spool;

/*
 * directory: where the file is made; NULL: $TMPDIR, else /var/tmp (a memory file system such as
 * /tmp often is would be the wrong place for a whole root).
 */
int spool_new(const char *directory, struct spool **ret_spool, struct error *err);
void spool_free(struct spool *spool);
void spool_freep(struct spool **spool);

/* The descriptor to read from; borrowed. */
int spool_fd(const struct spool *spool);
/* Bytes of contents, holes included. */
uint64_t spool_size(const struct spool *spool);

/*
 * Begin the next contents, of `size` bytes; *ret_offset is where they start. Then write any part of
 * them, in any order, each byte once; what is not written is a hole.
 */
int spool_begin(struct spool *spool, uint64_t size, uint64_t *ret_offset, struct error *err);
int spool_write(struct spool *spool, uint64_t offset, const void *data, size_t size,
		uint64_t *ret_stored, struct error *err);

#endif
