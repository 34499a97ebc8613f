/* SPDX-License-Identifier: BSD-2-Clause */
/* A service in Docker's words: what a Compose project and a Swarm's stack say alike. */
#ifndef PACK_ENGINE_SERVICE_H
#define PACK_ENGINE_SERVICE_H

#include <jansson.h>
#include <stdbool.h>

#include "db/base/error.h"
#include "pack/engine/engine.h"

/* The one that is being written; a failure of memory is remembered in `failed`. */
struct service {
	const struct facts *facts;
	json_t *json;   /* owned by who has it */
	bool templates; /* its engine fills in "{{…}}" */
	bool failed;
};

/* What both refuse: -EINVAL with err set, which names the kind. */
int service_check(const struct facts *facts, const char *kind, struct error *err);

void service_add_program(struct service *service);
void service_add_health(struct service *service);
void service_add_rights(struct service *service);
void service_add_places(struct service *service);

/* value is the service's, or NULL where there was no memory. */
void service_set(struct service *service, const char *name, json_t *value);

/* Values, each the caller's: NULL: no memory. */
json_t *service_words(const struct fact_list *words);
json_t *service_printed(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* These are also NULL where none is said. */
json_t *service_cpus(const struct facts *facts);
json_t *service_bytes(int64_t size);

/* The file, and what is to be said of it; version: of its format, or NULL. */
int service_write(const struct export_job *job, const struct service *service, const char *version, struct error *err);

#endif
