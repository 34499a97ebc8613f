/* SPDX-License-Identifier: BSD-2-Clause */
/* What rules ask for by name: include, include-dir, include-package, include-bin and the like. */
#ifndef PACK_NEED_FROM_RULES_H
#define PACK_NEED_FROM_RULES_H

#include "db/base/error.h"
#include "pack/need/closure.h"

/* Add what exists of it; each rule counts what it matched. */
int closure_add_rules(struct closure *closure, struct error *err);

#endif
