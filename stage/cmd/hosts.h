/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What other hosts say of their instances: "sfc ps --json" there by ssh(1), all side by side. An answer is theirs,
 * not ours: it is bounded in size and time, parsed whole, and every string of it is escaped where it is shown.
 */
#ifndef STAGE_CMD_HOSTS_H
#define STAGE_CMD_HOSTS_H

#include <jansson.h>

#include "db/base/error.h"
#include "stage/spec/spec.h"

enum { HOSTS_ANSWER_MAX = 1024 * 1024, HOSTS_SECONDS = 10 };

struct host_answer {
	const char *host;   /* borrowed */
	json_t *apps;       /* an array, as sfc prod list --json prints it; NULL: it did not answer; owned */
	struct error error; /* why not */
};

/* 0 or -EINVAL: a name with a blank or a control character, or that ssh would take for an option. */
int hosts_check(const spec_strings *names, struct error *err);

/* Ask them all: answers has as many as names, in their order. 0 or -ENOMEM. */
int hosts_ask(const spec_strings *names, struct host_answer *answers, struct error *err);
void host_answers_release(struct host_answer *answers, size_t count);

#endif
