/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mounts a config.json asks for. /proc, /sys and /dev are ours, whatever it says of them; of the rest
 * only a tmpfs is given, with options from a list. What else it asks for is noted in config->asks.
 */
#ifndef PACK_PACKAGE_START_MOUNTS_H
#define PACK_PACKAGE_START_MOUNTS_H

#include "pack/package/start_config.h"

int start_mounts_read(const json_t *json, struct start_config *config, struct error *err);

#endif
