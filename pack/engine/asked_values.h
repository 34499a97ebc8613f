/* SPDX-License-Identifier: BSD-2-Clause */
/* The values of what can be asked for (pack/engine/asked.h), each into its place in the facts. */
#ifndef PACK_ENGINE_ASKED_VALUES_H
#define PACK_ENGINE_ASKED_VALUES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "db/base/error.h"
#include "pack/engine/facts.h"

/*
 * Take one value; of a list, one of it. offset: of the member in struct facts, where several settings share one
 * function. -EINVAL without a message: it is none.
 */
typedef int asked_take(struct facts *facts, const json_t *value, size_t offset, struct error *err);

#define ASKED_FACT(facts, type, offset) (*(type *)((char *)(facts) + (offset)))

/* A port, 1 to 65535. */
bool asked_is_port(const char *text, unsigned long *ret_number);

/* pack/engine/asked_values.c */
asked_take asked_text, asked_flag, asked_size, asked_thousandths, asked_word, asked_env, asked_user,
	asked_capability, asked_publish, asked_volume, asked_tmpfs, asked_network;
/* pack/engine/asked_checks.c: when it is up, whether it is well, how it ends */
asked_take asked_check, asked_http_probe, asked_exec_probe, asked_no_health, asked_restart,
	asked_nothing;

#endif
