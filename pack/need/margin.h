/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The margin of safety: how much comes along that no run used, by rules that say where a program is
 * likely to go next. Each level holds those before it. tracepack-build(1), "MARGIN", has the rules.
 */
#ifndef PACK_NEED_MARGIN_H
#define PACK_NEED_MARGIN_H

#include <stdbool.h>

enum margin {
	MARGIN_NONE,    /* what was used, and what that needs */
	MARGIN_OWN,     /* the operator's own trees, and what configurations name */
	MARGIN_NEAR,    /* what lies beside, and what sources import */
	MARGIN_MODULE,  /* whole modules of languages */
	MARGIN_PACKAGE, /* whole packages of the distribution */
	MARGIN_DEPENDS, /* and those they depend on */
	MARGIN_LEVELS
};

/* "near". */
const char *margin_name(enum margin margin);
/* False: there is none called so. */
bool margin_of_name(const char *name, enum margin *ret_margin);

#endif
