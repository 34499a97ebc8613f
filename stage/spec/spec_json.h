/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A spec as JSON, for the state and for --json: one member an option that was given, named and
 * spelled as on the command line ("volume": ["/srv:/srv:ro"], "memory": 67108864, "read-only":
 * true), and "command". Strings are escaped as paths are (db/base/json.h). Reading takes the same
 * way as the command line, so what was kept is checked as what is typed. What belongs to one
 * terminal is not kept.
 */
#ifndef STAGE_SPEC_SPEC_JSON_H
#define STAGE_SPEC_SPEC_JSON_H

#include <jansson.h>

#include "stage/spec/spec.h"

/* A new reference; NULL: out of memory. */
json_t *spec_to_json(const struct spec *spec);

/* 0; -EBADMSG and err names the member that no spec has; -ENOMEM. *ret_spec was released or fresh.
 */
int spec_from_json(const json_t *json, struct spec *ret_spec, struct error *err);

/* The same of a text: one document, no duplicate keys, at most 1 MiB. */
int spec_from_text(const char *text, size_t size, struct spec *ret_spec, struct error *err);

#endif
