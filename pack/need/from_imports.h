/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MARGIN_NEAR: what the operator's own sources import, also in branches that did not run, and what that
 * imports in turn when it is loaded. Modules of others are followed by what stands outside of functions
 * only, so that a standard library does not come whole. Sources are looked at word by word, never run.
 */
#ifndef PACK_NEED_FROM_IMPORTS_H
#define PACK_NEED_FROM_IMPORTS_H

#include "db/base/error.h"
#include "pack/need/closure.h"

int closure_add_imports(struct closure *closure, struct error *err);

#endif
