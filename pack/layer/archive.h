/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libarchive, loaded by the first archive that is read or written: with it come the libraries of formats that
 * nobody here asks for, which would cost every start of every command 2 ms. Who links libpack links nothing of
 * it. A function is called by its name with sym_ before it, after archive_load().
 */
#ifndef PACK_LAYER_ARCHIVE_H
#define PACK_LAYER_ARCHIVE_H

#include <archive.h>
#include <archive_entry.h>

#include "db/base/error.h"

#define ARCHIVE_FUNCTIONS(X)                                                                       \
	X(archive_entry_acl_types)                                                                        \
	X(archive_entry_clear)                                                                            \
	X(archive_entry_copy_hardlink)                                                                    \
	X(archive_entry_copy_pathname)                                                                    \
	X(archive_entry_copy_symlink)                                                                     \
	X(archive_entry_free)                                                                             \
	X(archive_entry_gid)                                                                              \
	X(archive_entry_hardlink)                                                                         \
	X(archive_entry_mode)                                                                             \
	X(archive_entry_mtime)                                                                            \
	X(archive_entry_new)                                                                              \
	X(archive_entry_pathname)                                                                         \
	X(archive_entry_rdev)                                                                             \
	X(archive_entry_set_gid)                                                                          \
	X(archive_entry_set_mode)                                                                         \
	X(archive_entry_set_mtime)                                                                        \
	X(archive_entry_set_rdev)                                                                         \
	X(archive_entry_set_size)                                                                         \
	X(archive_entry_set_uid)                                                                          \
	X(archive_entry_size)                                                                             \
	X(archive_entry_symlink)                                                                          \
	X(archive_entry_uid)                                                                              \
	X(archive_entry_xattr_add_entry)                                                                  \
	X(archive_entry_xattr_next)                                                                       \
	X(archive_entry_xattr_reset)                                                                      \
	X(archive_errno)                                                                                  \
	X(archive_error_string)                                                                           \
	X(archive_read_data_block)                                                                        \
	X(archive_read_free)                                                                              \
	X(archive_read_header_position)                                                                   \
	X(archive_read_new)                                                                               \
	X(archive_read_next_header)                                                                       \
	X(archive_read_open2)                                                                             \
	X(archive_read_support_filter_bzip2)                                                              \
	X(archive_read_support_filter_compress)                                                           \
	X(archive_read_support_filter_gzip)                                                               \
	X(archive_read_support_filter_lz4)                                                                \
	X(archive_read_support_filter_lzip)                                                               \
	X(archive_read_support_filter_lzma)                                                               \
	X(archive_read_support_filter_xz)                                                                 \
	X(archive_read_support_filter_zstd)                                                               \
	X(archive_read_support_format_empty)                                                              \
	X(archive_read_support_format_raw)                                                                \
	X(archive_read_support_format_tar)                                                                \
	X(archive_set_error)                                                                              \
	X(archive_write_add_filter_gzip)                                                                  \
	X(archive_write_add_filter_zstd)                                                                  \
	X(archive_write_close)                                                                            \
	X(archive_write_data)                                                                             \
	X(archive_write_free)                                                                             \
	X(archive_write_header)                                                                           \
	X(archive_write_new)                                                                              \
	X(archive_write_open)                                                                             \
	X(archive_write_set_bytes_in_last_block)                                                          \
	X(archive_write_set_bytes_per_block)                                                              \
	X(archive_write_set_filter_option)                                                                \
	X(archive_write_set_format_cpio_newc)                                                             \
	X(archive_write_set_format_option)                                                                \
	X(archive_write_set_format_pax_restricted)                                                        \
	X(archive_write_set_format_raw)

#define ARCHIVE_DECLARE(function) extern __typeof__(function) *sym_##function;
ARCHIVE_FUNCTIONS(ARCHIVE_DECLARE)
#undef ARCHIVE_DECLARE

/* Once for all: 0, or -ELIBACC with the loader's own words. */
int archive_load(struct error *err);

#endif
