/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole packages of the distribution: of those that have a touched file, all that a program may use. What
 * only people or compilers read stays out: documentation, static libraries, headers, other languages.
 */
#ifndef PACK_NEED_FROM_PACKAGES_H
#define PACK_NEED_FROM_PACKAGES_H

#include "db/base/error.h"
#include "pack/need/closure.h"

/* MARGIN_PACKAGE. */
int closure_add_packages(struct closure *closure, struct error *err);
/* MARGIN_DEPENDS: those that they name as dependencies. */
int closure_add_dependencies(struct closure *closure, struct error *err);

#endif
