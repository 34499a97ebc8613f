/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wing need/ is what has to be there: what sessions, rules, contents and customs ask for
 * (from_*.c), until nothing new comes (need.c), and why. It may include db, db/base, pack/distro,
 * pack/elf, pack/source and pack/tree. Another custom is a file in customs.d, another rule of the
 * margin a from_*.c and a word in need.c, another verb of rules goes into rules.c and from_rules.c,
 * another kind of secret into secrets.c.
 */
/*
 * What is needed: a selection and all that must be there for it to run, to a fixed point.
 *
 *	r = closure_new(source, &options, &closure, err);
 *	r = closure_add_selection(closure, &selection, err);
 *	r = closure_compute(closure, err);
 *	r = closure_tree(closure, top, err);
 *
 * Cost: one lstat a path, one read of the head of each file whose contents matter, one library
 * search for each needed name of each ELF file.
 */
#ifndef PACK_NEED_NEED_H
#define PACK_NEED_NEED_H

#include "db/base/error.h"
#include "pack/need/closure.h"

/* Apply the includes among the rules, and go on until nothing new is needed. */
int closure_compute(struct closure *closure, struct error *err);

/* Of one that was computed: go on to a wider margin than it was asked for. */
int closure_widen(struct closure *closure, enum margin margin, struct error *err);

#endif
