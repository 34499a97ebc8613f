/* SPDX-License-Identifier: BSD-2-Clause */
/* A bundle for runtimes of the OCI specification: config.json and rootfs. */
#ifndef PACK_ENGINE_BUNDLE_H
#define PACK_ENGINE_BUNDLE_H

#include "pack/engine/engine.h"

engine_writer engine_write_bundle;

#endif
