/* SPDX-License-Identifier: BSD-2-Clause */
/* How engines and registries are reached, as 'import' and 'export' are told: options of a struct image_access. */
#ifndef PACK_CMD_IMAGE_ACCESS_H
#define PACK_CMD_IMAGE_ACCESS_H

#include "pack/cmd/command.h"
#include "pack/oci/access.h"

extern const struct command_option image_access_options[];

#endif
