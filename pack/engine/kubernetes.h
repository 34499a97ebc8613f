/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kubernetes: a Deployment, and a Service where it listens. The image is named by its digest; the probes are those
 * that were asked for and HEALTHCHECK; the rights are those of the default confinement; the root is read-only where
 * it is known what was written, and those places are emptyDirs.
 */
#ifndef PACK_ENGINE_KUBERNETES_H
#define PACK_ENGINE_KUBERNETES_H

#include <jansson.h>

#include "pack/engine/engine.h"

engine_writer engine_write_kubernetes;
extern const char *const kubernetes_can[];

/* The container in a pod: -EINVAL with err set for what it cannot be. *ret_container is the caller's. */
int kubernetes_container(const struct facts *facts, json_t **ret_container, struct error *err);
/* What its volumeMounts name. The caller owns it; NULL: no memory. */
json_t *kubernetes_volumes(const struct facts *facts);
/* The root of the container is read-only. */
bool kubernetes_is_read_only(const struct facts *facts);

#endif
