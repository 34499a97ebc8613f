/* SPDX-License-Identifier: BSD-2-Clause */
/* MARGIN_NEAR: what lies beside what was touched, as another of its kind. */
#ifndef PACK_NEED_FROM_BESIDE_H
#define PACK_NEED_FROM_BESIDE_H

#include "db/base/error.h"
#include "pack/need/closure.h"

/* The same file in other languages: …/en/messages.txt, …/de/messages.txt. */
int closure_add_languages(struct closure *closure, struct error *err);
/* Other libraries beside one that was loaded from outside of the linker's directories. */
int closure_add_plugins(struct closure *closure, struct error *err);

#endif
