/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An image that docker and podman load: an OCI layout with docker's manifest beside it, as a tar or,
 * for tools that take layouts, as a directory.
 */
#ifndef PACK_ENGINE_DOCKER_H
#define PACK_ENGINE_DOCKER_H

#include "pack/engine/engine.h"

engine_writer engine_write_docker;

#endif
