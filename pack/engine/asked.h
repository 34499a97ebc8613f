/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is asked for beyond what a package says of itself: an object of settings in the words of sfc's options,
 * as "sfc prod inspect --json" has them under "asked": {"memory": "64M", "publish": ["80:8080"], "ready":
 * "tcp:8080", "count": 3}. They are put into the facts; what a kind of export has no words for is refused by
 * the name of the setting, never left out.
 */
#ifndef PACK_ENGINE_ASKED_H
#define PACK_ENGINE_ASKED_H

#include <jansson.h>

#include "db/base/error.h"
#include "pack/engine/facts.h"

/*
 * -EINVAL with err set for a setting that is none, or a value that it cannot have. Strings are spelled as
 * db/base/json.h has it.
 */
int asked_apply(const json_t *asked, struct facts *facts, struct error *err);

/* -EINVAL, naming the first of the settings that were asked for and are not in the list, which NULL ends. */
int asked_within(const struct facts *facts, const char *kind, const char *const *can, struct error *err);

/* -EINVAL: "KIND cannot express --NAME VALUE: WHY"; why may be NULL. */
int asked_refuse(const char *kind, const char *name, const char *value, const char *why, struct error *err);

#endif
