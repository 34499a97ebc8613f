/* SPDX-License-Identifier: BSD-2-Clause */
/* The facts as JSON, for engines that we do not know. */
#ifndef PACK_ENGINE_FACTS_JSON_H
#define PACK_ENGINE_FACTS_JSON_H

#include <jansson.h>

#include "pack/engine/engine.h"

engine_writer engine_write_facts;

/* All of them, also those that nobody said, as null or []. The caller owns it; NULL: no memory. */
json_t *facts_json(const struct facts *facts);

#endif
