/* SPDX-License-Identifier: BSD-2-Clause */
/* The root alone, as a tar or as a SquashFS image, for those who start it in their own way. */
#ifndef PACK_ENGINE_ROOT_ONLY_H
#define PACK_ENGINE_ROOT_ONLY_H

#include "pack/engine/engine.h"

engine_writer engine_write_tar, engine_write_squashfs;

#endif
