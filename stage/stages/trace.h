/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A source under trace, as a directory to be a container's root: tracefs, run as a program, mounted in our
 * own namespace with a scratch for what is written. Ending it waits until the session is whole.
 */
#ifndef STAGE_STAGES_TRACE_H
#define STAGE_STAGES_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/base/error.h"
#include "stage/layer/tracefs.h"
#include "stage/stages/report.h"

struct trace_options {
	const char *source, *mountpoint;
	const char *manifest, *label;
	const char *scratch; /* a directory, NULL: in memory */
	const char *more;    /* further options of tracefs, NULL: none */
	bool outside;        /* the source is the host's own: tracefs_start_outside() */
};

struct trace {
	struct tracefs_program program;
	const char *mountpoint; /* borrowed from the options */
};

#define TRACE_INIT                                                                                 \
	{                                                                                          \
		TRACEFS_PROGRAM_INIT, NULL                                                         \
	}

/* Returns when it is mounted. */
int trace_begin(const struct trace_options *options, struct trace *ret_trace, struct error *err);
/* Unmount, and wait until all is written: 0, or why the session is not whole. */
int trace_end(struct trace *trace, struct error *err);

/* The same for who has no time to wait: tracefs goes on by itself until somebody unmounts it. */
int trace_leave(const struct trace_options *options, struct error *err);

/* What the last session of a manifest saw. */
struct trace_counts {
	uint64_t accesses, files, files_new, missing, lost;
};
int trace_count(const char *manifest, struct trace_counts *ret_counts, struct error *err);
/* A line, or facts. */
void trace_report(struct report *report, const struct trace_counts *counts);

#endif
