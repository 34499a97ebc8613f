/* SPDX-License-Identifier: BSD-2-Clause */
/* Is it in, by the rules, the list of secrets and the policy? */
#ifndef PACK_NEED_VERDICT_H
#define PACK_NEED_VERDICT_H

#include "db/base/error.h"
#include "pack/need/closure.h"

/* Decide whether an entry is in, for itself; reads a small file to see whether it is a secret. */
int closure_judge(struct closure *closure, struct closure_entry *entry, struct error *err);

#endif
