/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file that nobody but root can change: left where it is if that is so there, else a copy in the store.
 */
#ifndef STAGE_STORE_OURS_H
#define STAGE_STORE_OURS_H

#include <stdbool.h>

#include "db/base/digest.h"
#include "db/base/error.h"

/* Root alone can write it and the directories that lead to it, nobody has it open to write, and it lies on
 * the file system of `store`. */
bool file_is_ours(int file, int store);

/* We alone can write it, and nobody has it open to write: for a plain user, whose own files stay where they are. */
bool file_is_own(int file);

/*
 * *ret_ours: a descriptor with the contents of `file` that root alone can write, and their digest. A copy
 * has no name yet; *ret_copied says that it is one.
 */
int file_make_ours(int file, const char *name, int store, int *ret_ours, bool *ret_copied,
		   char ret_digest[DIGEST_HEX_SIZE], struct error *err);

/* A copy in any case, without a name yet, on the file system of `store`. */
int file_copy(int file, const char *name, int store, int *ret_copy, char ret_digest[DIGEST_HEX_SIZE],
	      struct error *err);

#endif
