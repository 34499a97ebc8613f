/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What this machine can do and what it lacks, one finding a thing: looked at, never changed, but
 * that a file system's module is loaded as mounting it would. It knows nobody of stage/; doctor
 * prints it.
 */
#ifndef STAGE_MACHINE_FINDINGS_H
#define STAGE_MACHINE_FINDINGS_H

#include <stdbool.h>

#include "db/base/array.h"

enum finding_state {
	FINDING_GOOD,
	FINDING_LACKS,	/* something that only some commands want */
	FINDING_BROKEN, /* nothing works without it */
};

struct finding {
	const char *name; /* borrowed */
	enum finding_state state;
	char *says;
	const char *package; /* Debian's, that has it; NULL: none is missing */
	char *command;	     /* or what mends it otherwise, as root; NULL: nothing that could be typed */
};

struct findings {
	ARRAY(struct finding) list;
	bool failed; /* out of memory: not all is in it */
};

#define FINDINGS_INIT                                                                              \
	{                                                                                          \
		.failed = false                                                                    \
	}

void findings_add(struct findings *findings, const char *name, enum finding_state state,
		  const char *package, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* What the last one added wants to be mended. */
void findings_mend(struct findings *findings, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool findings_broken(const struct findings *findings);
void findings_release(struct findings *findings);

/* Kernel, FUSE, file systems, namespaces, cgroups, confinement. */
void findings_of_kernel(struct findings *findings);
/* What a plain user needs: as root whether users can have it, else what this one has and what he does without. */
void findings_of_users(struct findings *findings);
/* Our own programs and those we run. PATH has our own first. */
void findings_of_programs(struct findings *findings);

#endif
