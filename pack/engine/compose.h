/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A service of a Compose project, and of a Docker Swarm stack, in a file of its own: "docker compose -f" and
 * "docker stack deploy -c" take several. Both name the image; the stack is replaced start-first, back if that fails.
 */
#ifndef PACK_ENGINE_COMPOSE_H
#define PACK_ENGINE_COMPOSE_H

#include "pack/engine/engine.h"

engine_writer engine_write_compose, engine_write_stack;
extern const char *const compose_can[], *const stack_can[];

#endif
