/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A change to an image's configuration, in the words of podman-commit(1): an instruction of a Dockerfile, as
 * "CMD=/bin/x", "ENV A=b" or "ENTRYPOINT [\"/bin/x\", \"-v\"]".
 */
#ifndef PACK_OCI_CHANGE_H
#define PACK_OCI_CHANGE_H

#include <jansson.h>

#include "db/base/error.h"

/*
 * Into the "config" object: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK NONE, LABEL, STOPSIGNAL, USER, VOLUME
 * or WORKDIR. -EINVAL with err set for anything else. The values are checked by who reads the result.
 */
int change_apply(json_t *config, const char *change, struct error *err);

#endif
