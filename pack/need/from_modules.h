/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MARGIN_MODULE: the whole of each module of a language of which something was touched: a Python package,
 * an npm package, a gem, a Perl module, a package of composer, an application of OTP. Tests,
 * documentation and sources of what is compiled stay out.
 */
#ifndef PACK_NEED_FROM_MODULES_H
#define PACK_NEED_FROM_MODULES_H

#include "db/base/error.h"
#include "pack/need/closure.h"

int closure_add_modules(struct closure *closure, struct error *err);

#endif
