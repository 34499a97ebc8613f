/* SPDX-License-Identifier: BSD-2-Clause */
/* What happened to something, one line each: noted by whoever did it, shown by `sfc dev log`. */
#ifndef STAGE_STATE_EVENT_H
#define STAGE_STATE_EVENT_H

#include "db/base/error.h"
#include "stage/state/state.h"

struct event_row {
	int64_t at_ns;
	const char *who, *what;
};

/* Of object "dev/web", by whoever is at the keyboard. */
int event_note(struct state *state, const char *object, struct error *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Oldest first; strings are borrowed for the call. A visitor that returns non-zero ends it: that
 * comes back. */
int event_each(struct state *state, const char *object,
	       int (*visit)(const struct event_row *event, void *data), void *data,
	       struct error *err);
/* Of something that may live for years the last 200. */
int event_trim(struct state *state, const char *object, struct error *err);
/* Of something that is no more. */
int event_forget(struct state *state, const char *object, struct error *err);

#endif
