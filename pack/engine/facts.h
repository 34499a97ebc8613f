/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The facts of a package or image that an engine wants to know: how it is started, as whom, with what,
 * within which limits. They are read once, out of its config.json and, for what that has no field for,
 * its sfc/image.json, so that those who write them in
 * another engine's words take no JSON apart.
 */
#ifndef PACK_ENGINE_FACTS_H
#define PACK_ENGINE_FACTS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"
#include "pack/oci/image_config.h"

struct fact_list {
	const char **items;
	size_t count, capacity;
};

/* Strings are borrowed from config and image. */
struct facts {
	const json_t *config;      /* config.json, whole: for those whose words it is */
	const struct image_config *own; /* of the image that came in; or NULL */
	const char *image;         /* "registry.example/web:1.2" */
	char name[64];             /* of the container: the image's without a tag */
	struct fact_list args;     /* "" for what is no string */
	struct fact_list env;      /* "NAME=value" */
	struct fact_list capabilities; /* "CAP_NET_RAW": the most it may have */
	const char *cwd;           /* or NULL */
	int64_t uid, gid;
	const char *stop_signal;   /* "SIGTERM" */
	int64_t memory, processes; /* limits, in bytes and in number; 0: none */
};

/* 0 or -ENOMEM with err set; release it in any case. */
int facts_read(const json_t *config, const struct image_config *own, const char *image,
	       struct facts *ret_facts, struct error *err);
void facts_release(struct facts *facts);

#endif
