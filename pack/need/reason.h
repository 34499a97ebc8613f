/* SPDX-License-Identifier: BSD-2-Clause */
/* Why an entry is in: what the reasons are called, and which of them are kept. */
#ifndef PACK_NEED_REASON_H
#define PACK_NEED_REASON_H

#include "pack/need/closure.h"

/* "needed by", and the short name for JSON: "needed". */
const char *reason_phrase(enum reason_kind kind);
const char *reason_name(enum reason_kind kind);

/* Keep one more reason, its detail copied; not one that says nothing new. 0 or -ENOMEM. */
int closure_reason_add(struct closure *closure, struct closure_entry *entry,
		       const struct reason *reason);

#endif
