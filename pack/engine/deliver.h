/* SPDX-License-Identifier: BSD-2-Clause */
/* An export to wherever an image can be: a file, a layout, an engine, a registry. */
#ifndef PACK_ENGINE_DELIVER_H
#define PACK_ENGINE_DELIVER_H

#include "pack/engine/export.h"
#include "pack/oci/carrier.h"
#include "pack/oci/reference.h"

/*
 * export_write() to the file or directory that is named, of options->kind. An image says its kind itself; where
 * it is kept in either, the answer has the kind that came in (or options->kind, if has_kind).
 */
int export_deliver(struct node *root, const json_t *start, const struct image_config *image,
		   const struct export_options *options, bool has_kind, const struct reference *to,
		   const struct carrier_options *access, struct export_stats *stats, struct error *err);

#endif
