/* SPDX-License-Identifier: BSD-2-Clause */
/* The profile of a package that is exported, sfc/profile.json (pack/package/profile.h). */
#ifndef PACK_CMD_EXPORT_PROFILE_H
#define PACK_CMD_EXPORT_PROFILE_H

#include <jansson.h>

#include "db/base/error.h"

/* *ret_profile: NULL where the source is no package, or one without. The caller owns it. */
int export_profile_read(const char *source, json_t **ret_profile, struct error *err);

#endif
