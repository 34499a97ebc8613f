/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Python distributions that are not called as what they install: PyYAML's directory goes with yaml.
 * Which packages a distribution has is in its RECORD or top_level.txt, where there is one.
 */
#ifndef PACK_NEED_PYTHON_DISTRIBUTIONS_H
#define PACK_NEED_PYTHON_DISTRIBUTIONS_H

#include "db/base/error.h"
#include "pack/need/closure.h"

/* Add the distributions of the package that a file belongs to; nothing for other files. */
int python_distributions_add(struct closure *closure, struct closure_entry *entry,
			     struct error *err);

#endif
