/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a stage says of its steps as it goes: a line each for a person, or at the end all of it as JSON, or with
 * --quiet the one thing a script wants.
 *
 *	test    nginx ready on :80 after 0.2 s, probe passed, stopped             1.4 s
 */
#ifndef STAGE_STAGES_REPORT_H
#define STAGE_STAGES_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "db/base/error.h"

struct report {
	bool quiet;
	json_t *facts;  /* NULL: not as JSON; owned */
	FILE *stream;   /* where lines go: stdout, or stderr where that is the command's */
};

/* json: facts are gathered. */
int report_open(struct report *report, bool quiet, bool json, FILE *stream, struct error *err);
void report_release(struct report *report);

/* Lines are for people: said unless quiet or JSON. what "": it goes on. seconds < 0: none are said. */
void report_step(const struct report *report, const char *what, const char *text, double seconds);
/* What was put together by a program of ours, as it is. */
void report_text(const struct report *report, const char *text);
/* Facts are for JSON: takes the value's reference; NULL, out of memory, is seen by report_finish(). */
void report_fact(struct report *report, const char *key, json_t *value);
/* facts["seconds"][key] */
void report_seconds(struct report *report, const char *key, double seconds);
/* Print the facts, or with --quiet `one`. */
int report_finish(struct report *report, const char *one, struct error *err);

#endif
