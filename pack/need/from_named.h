/* SPDX-License-Identifier: BSD-2-Clause */
/* What touched texts name: configurations and scripts that a session read say where it may go next. */
#ifndef PACK_NEED_FROM_NAMED_H
#define PACK_NEED_FROM_NAMED_H

#include "db/base/error.h"
#include "pack/need/closure.h"
#include "pack/need/margin_work.h"

/* Look through the texts, once: work->named. */
int named_read(struct closure *closure, struct margin_work *work, struct error *err);

/* MARGIN_OWN: the files and directories that are named. */
int closure_add_named(struct closure *closure, struct error *err);
/* MARGIN_NEAR: the files that lie directly in such directories. */
int closure_add_named_directories(struct closure *closure, struct error *err);

#endif
