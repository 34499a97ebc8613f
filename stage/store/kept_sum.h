/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is an extracted package what was installed? A digest of all of it, names, owners, modes, times, attributes and
 * contents, stands in the attribute user.sfc.sum of its directory, with the boot in which it was last found right: a
 * file of root's is digested again after a boot, and this is the same for a user's directory. What happens to it
 * within a boot is not looked for.
 */
#ifndef STAGE_STORE_KEPT_SUM_H
#define STAGE_STORE_KEPT_SUM_H

#include <stdbool.h>

#include "db/base/error.h"

/* Of a directory that is about to be published, for this boot. */
int kept_sum_note(int directory, struct error *err);
/*
 * path: for messages. again: also when it was right in this boot. One that was installed before there was a note gets
 * it. -EBADMSG: it is another.
 */
int kept_sum_check(const char *path, int directory, bool again, struct error *err);

#endif
