/* SPDX-License-Identifier: BSD-2-Clause */
/* What of an export is otherwise than one may think. */
#ifndef PACK_CMD_EXPORT_SAY_H
#define PACK_CMD_EXPORT_SAY_H

#include "pack/engine/engine.h"

/* Say it, on standard error. */
void export_say(const struct export_stats *stats);
/* Of a tree that was written, by whichever command: what this user could not give its files. */
void export_say_extracted(const struct extract_stats *stats);
/* For _cleanup_(): what stats hold. */
void export_said(struct export_stats *stats);

#endif
