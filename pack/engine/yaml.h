/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * YAML of values in hand, by libyaml: text that a reader could take for a number, a date or a truth is quoted, and
 * what is no printable text escaped, so that every reader of YAML 1.1 or 1.2 finds the same values again.
 */
#ifndef PACK_ENGINE_YAML_H
#define PACK_ENGINE_YAML_H

#include <jansson.h>

#include "db/base/error.h"
#include "db/base/text.h"

/* Add each of the array as a document of its own, in order. -ENOMEM. */
int yaml_write(const json_t *documents, struct text *text, struct error *err);

#endif
