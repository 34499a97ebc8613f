/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A service of systemd with a root of its own: NAME.raw, a SquashFS image that portablectl(1) attaches, for the unit is
 * in it; and NAME.service, the same unit with the image as its RootImage=, by its absolute path, for those who enable
 * it themselves.
 */
#ifndef PACK_ENGINE_PORTABLE_H
#define PACK_ENGINE_PORTABLE_H

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/engine/engine.h"
#include "pack/engine/facts.h"

engine_writer engine_write_portable;
extern const char *const portable_can[];

/* The unit. root: where the modes of what is covered stand. image: NULL: it is in the image. */
int portable_unit(const struct facts *facts, const struct node *root, const char *image, struct text *text,
		  struct error *err);

#endif
