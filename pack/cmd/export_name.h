/* SPDX-License-Identifier: BSD-2-Clause */
/* What an image is called that export writes, or that it names. */
#ifndef PACK_CMD_EXPORT_NAME_H
#define PACK_CMD_EXPORT_NAME_H

#include "pack/cmd/command.h"
#include "pack/oci/reference.h"

/* "web:slim" of docker-daemon:web:slim; of a layout what source is called, and the tag; of a file what source is
 * called. NULL: no memory; the caller frees. */
char *export_name(const char *source, const struct reference *reference);

/* A name, perhaps with its digest, into a string. */
option_taker export_name_take_image;

#endif
