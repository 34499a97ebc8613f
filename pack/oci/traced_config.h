/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration of an image that traces itself: tracefs before the image's own entrypoint, root
 * before the image's own user, a volume for the traces, and labels that say of which image it is.
 */
#ifndef PACK_OCI_TRACED_CONFIG_H
#define PACK_OCI_TRACED_CONFIG_H

#include <stdbool.h>

#include <jansson.h>

#include "db/base/digest.h"
#include "db/base/error.h"

#define TRACED_DIRECTORY "/.sfc"
#define TRACED_PROGRAM TRACED_DIRECTORY "/tracefs"
#define TRACED_FILE TRACED_DIRECTORY "/image" /* of what image it is, and its user: a line each */
#define TRACED_MANIFEST TRACED_DIRECTORY "/manifest.db" /* of a package that a guard watches */
#define TRACED_VOLUME "/sfc-trace"
#define TRACED_FULL "/sfc-full" /* where a guard that heals finds the full root */

#define TRACED_LABEL_SOURCE "sfc.traced.source" /* the digest below, of the image it was */
#define TRACED_LABEL_USER "sfc.traced.user"	/* its User, where it had one */

/* What a session says its source was: this, then a digest. */
#define TRACED_SESSION "image "

enum { OCI_IMAGE_ID_SIZE = 7 + DIGEST_HEX_SIZE };

/*
 * "sha256:…" by which an image is known whatever its transport, compression and configuration: the
 * digest over its rootfs.diff_ids, each with a newline behind it. Of a traced image that of what it
 * was made from.
 */
int oci_image_id(const json_t *config, char ret_id[OCI_IMAGE_ID_SIZE], struct error *err);

/* It is one that traced_config() made. */
bool oci_image_is_traced(const json_t *config);

/* What is told: all that is used, or what the image, a slim one, was found to lack, served from elsewhere or not. */
enum traced_what { TRACED_ALL, TRACED_REPORT, TRACED_HEAL };

struct traced_options {
	const char *user;    /* instead of the image's; or NULL */
	const char *tracefs; /* more options for it; or NULL */
	const char *id;      /* instead of the image's own: of the full one; or NULL */
	enum traced_what what;
};

/* `config` is a whole image configuration; the caller owns *ret_config. */
int traced_config(const json_t *config, const struct traced_options *options, json_t **ret_config,
		  struct error *err);

/* The words that come before the command, the same for every image; the caller owns them. */
int traced_words(enum traced_what what, const char *tracefs, json_t **ret_words, struct error *err);

/*
 * What is run beside the command, to be the same user: a health check as docker has it (["CMD", …],
 * ["CMD-SHELL", text], or a text), with `shell` for what is one text, NULL: /bin/sh -c. Or a list of words, as
 * Kubernetes has it. *ret_test: the same, told to tracefs; NULL where there is nothing to run; owned.
 */
int traced_health(const json_t *test, const json_t *shell, json_t **ret_test, struct error *err);
int traced_beside(const json_t *words, json_t **ret_words, struct error *err);

#endif
