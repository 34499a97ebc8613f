/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A quadlet: NAME.container, of which podman (5.0 and later) makes systemd a unit, root's in
 * /etc/containers/systemd or a user's in ~/.config/containers/systemd. It names the image.
 */
#ifndef PACK_ENGINE_QUADLET_H
#define PACK_ENGINE_QUADLET_H

#include "pack/engine/engine.h"

engine_writer engine_write_quadlet;
extern const char *const quadlet_can[];

#endif
