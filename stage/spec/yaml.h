/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * YAML that others wrote, as JSON: by libyaml, with bounds. Anchors, aliases and merge keys are what they
 * stand for; a key that comes twice, more than a MiB, and aliases that grow beyond reason are refused.
 */
#ifndef STAGE_SPEC_YAML_H
#define STAGE_SPEC_YAML_H

#include <stddef.h>

#include <jansson.h>

#include "db/base/error.h"

enum { YAML_SIZE_MAX = 1024 * 1024, YAML_DEPTH_MAX = 64, YAML_ALIAS_NODES_MAX = 1000 };

/* Every document of it, in order, as an array that the caller owns. */
int yaml_read(const char *data, size_t size, json_t **ret_documents, struct error *err);
/* The same of a file; the message names it. */
int yaml_read_path(const char *path, json_t **ret_documents, struct error *err);

#endif
