/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a container may do of what root may: podman's eleven, more or less by --cap-add, --cap-drop.
 */
#ifndef STAGE_CONTAINER_CAPABILITIES_H
#define STAGE_CONTAINER_CAPABILITIES_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "stage/spec/spec.h"

/* Sets are masks, bit N for capability N. */
int capabilities_of(const struct spec *spec, uint64_t *ret_set, struct error *err);
/* Those that --cap-add names: a user other than root gets these, too. */
uint64_t capabilities_added(const struct spec *spec);

/* "CAP_CHOWN" of 0; NULL beyond the last one we know. */
const char *capability_name(unsigned int number);
/* Its bit; 0: there is none of this name. */
uint64_t capability_find(const char *name);
bool capability_has(uint64_t set, const char *name);

#endif
