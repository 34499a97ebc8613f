/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a config.json asks for beyond what every container of ours gets: one line each in config->asks, for
 * people to read. Nothing of it is granted.
 */
#ifndef PACK_PACKAGE_START_ASKS_H
#define PACK_PACKAGE_START_ASKS_H

#include "pack/package/start_config.h"

int start_asks_add(struct start_config *config, struct error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

int start_asks_read(const json_t *json, struct start_config *config, struct error *err);

#endif
