/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A service of a Compose project in a file of its own: "docker compose -f" takes several. It names the image.
 */
#ifndef PACK_ENGINE_COMPOSE_H
#define PACK_ENGINE_COMPOSE_H

#include "pack/engine/engine.h"

engine_writer engine_write_compose;
extern const char *const compose_can[];

#endif
