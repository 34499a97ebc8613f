/* SPDX-License-Identifier: BSD-2-Clause */
/* How images are reached, as the command line says it. */
#ifndef STAGE_CMD_ACCESS_H
#define STAGE_CMD_ACCESS_H

#include "pack/oci/carrier.h"
#include "stage/spec/options.h"

/*
 * Reads the credentials if they were announced. -EINVAL: asked wrongly. `from` and `to` are what is reached,
 * as it was spelled, or NULL: a password is for one registry. What comes back is valid as long as asked.
 */
int access_read(struct asked *asked, const char *from, const char *to, struct carrier_options *ret_access,
		struct error *err);

#endif
