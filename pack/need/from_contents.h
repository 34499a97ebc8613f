/* SPDX-License-Identifier: BSD-2-Clause */
/* What the contents of a file need: the libraries of an ELF file, the interpreter of a script. */
#ifndef PACK_NEED_FROM_CONTENTS_H
#define PACK_NEED_FROM_CONTENTS_H

#include "db/base/error.h"
#include "pack/need/closure.h"

/* Add what one file needs, loaded in one way. */
int closure_add_contents(struct closure *closure, const struct work *work, struct error *err);
/* Needed names that are nowhere to be found, as warnings. */
int closure_report_unresolved(struct closure *closure, struct error *err);

#endif
