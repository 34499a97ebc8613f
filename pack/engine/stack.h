/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A service of a Docker Swarm's stack in a file of its own: "docker stack deploy -c" takes several. It names the
 * image, and is replaced start-first: an instance of the new one is up and healthy before one of the old ends, and if
 * none comes up all goes back.
 */
#ifndef PACK_ENGINE_STACK_H
#define PACK_ENGINE_STACK_H

#include "pack/engine/engine.h"

engine_writer engine_write_stack;
extern const char *const stack_can[];

#endif
