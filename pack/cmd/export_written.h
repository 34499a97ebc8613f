/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the traced runs of a package wrote, as its manifest says. */
#ifndef PACK_CMD_EXPORT_WRITTEN_H
#define PACK_CMD_EXPORT_WRITTEN_H

#include "db/base/error.h"
#include "pack/engine/written.h"

/* Nothing where the source is no package, or one without a manifest. */
int export_written_read(const char *source, struct written_paths *paths, struct error *err);

#endif
