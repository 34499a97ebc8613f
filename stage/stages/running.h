/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trial's command under way: from its start until its outcome is known. Who asks for a trial sees nothing
 * of it (stage/stages/trial.h); trial.c puts the root up, starts it and calls one of the three ways to go on.
 */
#ifndef STAGE_STAGES_RUNNING_H
#define STAGE_STAGES_RUNNING_H

#include "stage/stages/asking.h"
#include "stage/stages/trial.h"

struct running {
	const struct trial_request *request;
	const struct spec *spec;
	struct asking asking;
	const char *program; /* in sentences */
	const char *root;
	struct trial *trial;
	struct container *container;
	int signals;
	int interrupted; /* by this signal */
	bool asked_once; /* an interrupt was passed on */
	int64_t began_ms;
};

/* To its end; a server until it has answered; one that stays up until a signal says otherwise. */
int running_to_end(struct running *running, struct error *err);
int running_serve(struct running *running, struct error *err);
int running_serve_on(struct running *running, struct error *err);

/* --- what the three are made of --- */

enum { RUNNING_READY_MS = 60000 };

double running_seconds(uint64_t ms);
/* Between asking and killing. */
uint64_t running_grace(const struct running *running);

int running_signals_open(struct error *err);
/*
 * Read the signals that came. An interrupt of what has our terminal is its own business; a second one that it
 * does not end by is not.
 */
bool running_is_to_stop(struct running *running);

/* Says how it went; returns 0. */
int running_outcome(struct running *running, enum trial_outcome outcome, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* *ret_unheard, which may be NULL: who had to be killed, see container_stop(). */
int running_stop(struct running *running, uint64_t grace_ms, char **ret_unheard, struct error *err);
/* Stop it, and that is the outcome: a signal said so; it took longer than this. */
int running_interrupt(struct running *running, struct error *err);
int running_late(struct running *running, const char *what, uint64_t limit_ms, struct error *err);
/* It has ended: was it ever the program? err says why not, and the outcome is known. */
bool running_was_not_executed(struct running *running, struct error *err);

#endif
