/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names that update-alternatives(1) gave: /usr/bin/editor, a link to a link to what a package has. No package
 * has the links, so they come with what they lead to.
 */
#ifndef PACK_NEED_FROM_ALTERNATIVES_H
#define PACK_NEED_FROM_ALTERNATIVES_H

#include "db/base/error.h"
#include "pack/need/closure.h"

/* Those that lead to a file that is in. */
int closure_add_alternatives(struct closure *closure, struct error *err);

#endif
