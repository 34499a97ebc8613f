/* SPDX-License-Identifier: BSD-2-Clause */
/* --health, asked once: what stage/watch/ready.h says of who asks holds here, too. */
#ifndef STAGE_WATCH_HEALTH_H
#define STAGE_WATCH_HEALTH_H

#include <stdint.h>

#include "db/base/error.h"
#include "stage/container/container.h"

/*
 * A command of the host's shell, or an http:// URL. 0: it is well. -EIO: it is not, and err says why; -ETIME: it did
 * not answer.
 */
int health_ask(struct container *container, const char *health, int64_t timeout_ms, struct error *err);

#endif
