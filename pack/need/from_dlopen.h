/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Libraries that a program opens by itself, as far as its file tells: by ELF metadata for dlopen
 * (.note.dlopen, of the UAPI group), and by names of libraries among its strings.
 */
#ifndef PACK_NEED_FROM_DLOPEN_H
#define PACK_NEED_FROM_DLOPEN_H

#include "db/base/error.h"
#include "pack/need/closure.h"

/* What the notes of an ELF file call required or recommended; with MARGIN_NEAR what they suggest. */
int closure_add_noted(struct closure *closure, struct closure_entry *entry,
		      const struct elf_file *elf, enum margin margin, struct error *err);

/* MARGIN_NEAR: what is suggested, and what stands among the strings of those that import dlopen(3). */
int closure_add_opened(struct closure *closure, struct error *err);

#endif
