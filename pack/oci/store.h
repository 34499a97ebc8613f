/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where an OCI layout or a docker archive keeps its files: a directory, or a tree that was read
 * from a tar. Paths are relative, never lead out, and are looked at as data only.
 */
#ifndef PACK_OCI_STORE_H
#define PACK_OCI_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "db/base/error.h"
#include "db/base/json.h"
#include "pack/tree/tree.h"

enum { OCI_JSON_MAX = 16 << 20 }; /* bytes; real ones are a few KB */

struct oci_store;

/* dirfd and tree are borrowed and outlive the store; `name` is for messages, borrowed too. */
int oci_store_of_directory(int dirfd, const char *name, struct oci_store **ret_store);
int oci_store_of_tree(const struct tree *tree, const char *name, struct oci_store **ret_store);
void oci_store_free(struct oci_store *store);
void oci_store_freep(struct oci_store **store);

const char *oci_store_name(const struct oci_store *store);
/* There is a regular file at this path. */
bool oci_store_has(const struct oci_store *store, const char *path);

/* A file: `size` bytes of fd from `offset` on. */
struct oci_blob {
	int fd; /* owned */
	uint64_t offset, size;
};

#define OCI_BLOB_INIT                                                                              \
	{                                                                                          \
		.fd = -1                                                                           \
	}

int oci_blob_open(const struct oci_store *store, const char *path, struct oci_blob *ret_blob,
		  struct error *err);
void oci_blob_release(struct oci_blob *blob);

/* "sha256:<64 hex digits>": the only digests there are in practice; others are refused. */
int oci_digest_check(const char *digest, struct error *err);
/*
 * Where the blob with this checked digest is: "blobs/sha256/…" in a layout, its bare name in what skopeo's dir:
 * writes. NULL: out of memory; the caller frees.
 */
char *oci_store_blob(const struct oci_store *store, const char *digest);

/* A file as JSON; with `digest` its bytes are checked first. The caller owns *ret_json. */
int oci_store_json(const struct oci_store *store, const char *path, const char *digest,
		   json_t **ret_json, struct error *err);

#endif
