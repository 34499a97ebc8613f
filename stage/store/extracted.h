/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A package as a directory on disk, for a plain user: the kernel mounts no image for him, and a program that
 * mounted it would stand between each instance and its files. Extracted once, the pages in memory are the same
 * for all instances by themselves, and nothing has to run for it.
 *
 * Made where the user is root, stage/mount/user.h: owners are the numbers that the package says, as far as he
 * has them.
 */
#ifndef STAGE_STORE_EXTRACTED_H
#define STAGE_STORE_EXTRACTED_H

#include "db/base/error.h"
#include "pack/layer/extract.h"

/*
 * All that the image holds below `directory`, an empty one of ours; what would steer an overlay is left out. scratch: a
 * directory on the same disk, by its path.
 */
int extracted_make(int image, const char *name, int directory, const char *scratch, struct extract_stats *ret_stats,
		   struct error *err);

#endif
