/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file that a session is written to, as a file: is it still the one at its path, and may it grow?
 */
#ifndef FS_MANIFEST_FILE_H
#define FS_MANIFEST_FILE_H

#include <stdint.h>
#include <sys/stat.h>

#include "db/base/error.h"

struct manifest_file {
	const char *path;  /* borrowed */
	struct stat st;    /* as it was opened; st_ino 0: that is not known */
	uint64_t max_size; /* in bytes, with what waits in its -wal */
};

void manifest_file_init(struct manifest_file *file, const char *path, uint64_t max_size);

/* 0, -EIO when another file or none is there, or -EFBIG when it is as large as it may be. */
int manifest_file_check(const struct manifest_file *file, struct error *err);

#endif
