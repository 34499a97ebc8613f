/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an inode owns besides its name: extended attributes, and where its bytes are. The bytes stay
 * where they are, on a disk or in a content file, until a writer opens them.
 */
#ifndef PACK_TREE_CONTENT_H
#define PACK_TREE_CONTENT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "db/base/error.h"
#include "pack/tree/node.h"

/* Set one attribute (the value is copied), replacing one of the same name: 0 or -ENOMEM. */
int inode_set_xattr(struct inode *inode, const char *name, const void *value, size_t size);
const struct xattr *inode_xattr(const struct inode *inode, const char *name);

/* Its contents are those of the file that has just been looked at. */
void inode_set_file(struct inode *inode, const struct stat *st);

/* Give an inode contents in memory (copied); sets size. 0 or -ENOMEM. */
int inode_set_bytes(struct inode *inode, const void *data, size_t size);

/*
 * Open the contents for reading: *ret_fd is the caller's to close and *ret_offset is where in it the
 * bytes start. For CONTENT_FILE the file is opened below its root without following links, and
 * checked: -ESTALE with err set "… changed while it was being packed" when it is another file, of
 * another size or time than when it was scanned. CONTENT_BYTES come as a memfd; CONTENT_NONE is
 * -EINVAL: there is nothing to open.
 */
int content_open(const struct node *node, int *ret_fd, uint64_t *ret_offset, struct error *err);

/*
 * The same question after the last byte was read: is the file that fd has open still what was
 * scanned? 0, or -ESTALE with err set. Contents of the other kinds cannot change.
 */
int content_check(const struct node *node, int fd, struct error *err);

/*
 * Free what the content owns and leave CONTENT_NONE; the size stays.
 */
void content_release(struct content *content);

#endif
