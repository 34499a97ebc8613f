/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is an extracted package what was installed? A digest of all of it, names, owners, modes, times, attributes and
 * contents, stands in "sums/DIGEST" of the store with the boot in which it was last found right: a file of root's is
 * digested again after a boot, and this is the same for a user's directory. What only a kill or a disk can do to it
 * within a boot is not looked for.
 */
#ifndef STAGE_STORE_KEPT_SUM_H
#define STAGE_STORE_KEPT_SUM_H

#include <stdbool.h>

#include "db/base/error.h"
#include "stage/store/store.h"

/* Of a directory that is about to be published: noted, durable, for this boot. */
int kept_sum_note(const struct store *store, const char *digest, int directory, struct error *err);
/* again: also when it was right in this boot. One of before there were sums is noted. -EBADMSG: it is another. */
int kept_sum_check(const struct store *store, const char *digest, int directory, bool again, struct error *err);
void kept_sum_forget(const struct store *store, const char *digest);

#endif
