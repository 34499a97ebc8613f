/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bundle: a finished package (package(5)), opened for reading. Nothing is mounted; what is in it
 * is read by our own reader, which believes nothing.
 */
#ifndef PACK_PACKAGE_BUNDLE_H
#define PACK_PACKAGE_BUNDLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "db/base/digest.h"
#include "db/base/error.h"
#include "db/base/text.h"
#include "db/manifest.h"
#include "pack/evidence/evidence.h"
#include "pack/oci/image_config.h"
#include "pack/package/description.h"
#include "pack/package/start_config.h"
#include "pack/tree/tree.h"

struct bundle;

/* Does the file begin as a SquashFS image does? false also when it cannot be read. */
bool bundle_is_likely(const char *path);

/* -EMEDIUMTYPE with err set when it is an image but not a package; other errors of reading. */
int bundle_open(const char *path, struct bundle **ret_bundle, struct error *err);
/* As much of a package as starting it takes: config.json and the directory rootfs; else as above. */
int bundle_open_to_start(const char *path, struct bundle **ret_bundle, struct error *err);
void bundle_close(struct bundle *bundle);
void bundle_closep(struct bundle **bundle);

int bundle_fd(const struct bundle *bundle);
struct tree *bundle_tree(const struct bundle *bundle);
/* The directory /rootfs. */
struct node *bundle_rootfs(const struct bundle *bundle);

/* Where a path of the package's root leads, links followed; the caller frees. NULL: nowhere. */
char *bundle_resolve(const struct bundle *bundle, const char *path);

/* Add the contents of a file; -ENOENT when it is not there, -EFBIG beyond limit bytes. */
int bundle_read(const struct bundle *bundle, const char *path, size_t limit, struct text *text,
		struct error *err);
/* A file that is a JSON object; the caller owns it. */
int bundle_json(const struct bundle *bundle, const char *path, json_t **ret_json,
		struct error *err);
/* sfc/image.json, checked; where there is none, image->json stays NULL. */
int bundle_image(const struct bundle *bundle, struct image_config *image, struct error *err);
/*
 * config.json, with the signal to stop that only sfc/image.json says, and sfc/package.json, checked;
 * without the latter, nothing is said.
 */
int bundle_start(const struct bundle *bundle, struct start_config *config, struct error *err);
int bundle_description(const struct bundle *bundle, struct description *description,
		       struct error *err);
int bundle_evidence(const struct bundle *bundle, struct evidence *ret_evidence, struct error *err);

/* The manifest it carries, to read. */
int bundle_manifest(const struct bundle *bundle, struct manifest **ret_manifest, struct error *err);
/*
 * Open a manifest for reading: a file that is one, or the one in a package. Who needs the latter under
 * a name (manifest_merge()) gets it in *ret_temporary, also on failure, to be removed and freed; NULL:
 * not needed.
 */
int bundle_or_manifest(const char *path, struct manifest **ret_manifest, char **ret_temporary,
		       struct error *err);

/* The contents of a regular file, to a descriptor (-1: nowhere) and into a digest. */
int bundle_copy(const struct bundle *bundle, const struct node *node, int fd,
		char ret_hex[DIGEST_HEX_SIZE], struct error *err);

#endif
