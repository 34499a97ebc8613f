/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A root in the form somebody else's tool wants it in. The waist is crossed outwards here: a tree and
 * how to start it go in, a file or directory that appears when it is whole comes out.
 */
#ifndef PACK_ENGINE_EXPORT_H
#define PACK_ENGINE_EXPORT_H

#include <jansson.h>
#include <stdbool.h>

#include "db/base/error.h"
#include "pack/engine/engine.h"
#include "pack/tree/tree.h"

/* "oci", "docker", "oci-dir", "bundle" …, as --to has them. */
const char *export_kind_name(enum export_kind kind);
/* It is a directory, not a file. */
bool export_kind_is_directory(enum export_kind kind);
/* It can go down a pipe. */
bool export_kind_is_stream(enum export_kind kind);
/* Its root may not be written to: it wants to know where the traced runs wrote. */
bool export_kind_is_read_only(enum export_kind kind);

/* image: the configuration of the image that came in; or NULL. output "-" is standard output, for the kinds that are files. */
int export_write(struct node *root, const json_t *start, const struct image_config *image,
		 const struct export_options *options, const char *output, struct export_stats *stats, struct error *err);

#endif
