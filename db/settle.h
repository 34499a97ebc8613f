/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A manifest is whole when it is read: who takes what is in it for all there is waits for sessions
 * that are just being ended, so that "umount m && tracepack build m.db" always works.
 */
#ifndef DB_SETTLE_H
#define DB_SETTLE_H

#include "db/base/error.h"
#include "db/manifest.h"

/*
 * Return when no session has lost its mount while its writer still writes, or after a minute; on a
 * terminal a line says what is waited for. Sessions that run on are not waited for.
 */
int manifest_settle(struct manifest *manifest, struct error *err);

/* For who only looks, and is answered at once: a warning for each session that is open. */
int manifest_say_open(struct manifest *manifest, struct error *err);

#endif
