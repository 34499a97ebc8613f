/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Evidence as JSON: sfc/closure.json of a package (package.5 has its form), and the same objects in
 * what --json prints. Strings are paths of any bytes, as db/base/json.h writes them.
 */
#ifndef PACK_EVIDENCE_JSON_H
#define PACK_EVIDENCE_JSON_H

#include <jansson.h>

#include "db/base/error.h"
#include "pack/evidence/evidence.h"

/* All of it, one entry, one reason: the caller's, or NULL: out of memory. */
json_t *evidence_json(const struct evidence *evidence);
json_t *evidence_entry_json(const struct evidence_entry *entry);
json_t *evidence_reason_json(const struct evidence_reason *reason);

/* Read back; -EINVAL when it is not of that form or of another version. */
int evidence_from_json(const json_t *json, struct evidence *ret_evidence, struct error *err);

#endif
