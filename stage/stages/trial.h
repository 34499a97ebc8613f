/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One run of a command in a container, on a root that is put up for it: to its end, or, where it is a server,
 * until it is ready, has answered and was stopped. In process and mount namespaces of its own, which end with
 * it however it ends.
 *
 *	r = trial_run(&request, &trial, err);
 *	…trial->outcome, trial->status, trial->said, trial->captured[…]…
 *	trial_free(trial);
 */
#ifndef STAGE_STAGES_TRIAL_H
#define STAGE_STAGES_TRIAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/base/error.h"
#include "pack/oci/image_config.h"
#include "stage/container/container.h"
#include "stage/container/learn.h"

/* What a root is put up as. */
struct trial_ground {
	const char *root;
	const char *look; /* see struct container_request */
	const struct start_defaults *defaults;
	bool traced, set_id;
};

struct trial_request {
	const struct spec *spec;
	const struct image_config *image; /* what an image says of ports and HEALTHCHECK; or NULL */
	const char *name;  /* of the container: unique on this machine */
	const char *cache; /* of compiled filters */
	int input;         /* what it reads; -1: nothing */
	bool through;      /* its output is ours; else it is captured */
	bool doubting;     /* its --probe commands are asked before it is started, too: see struct trial */
	bool learning;     /* what it uses of what a profile can take away is noted */
	bool patient;      /* told to end by a signal, we ask it first */

	/*
	 * Put the root up, in namespaces that are its own, with work_path("/container") beside it; and take it
	 * down, when all that ran in it has ended. take_down may be NULL: it goes with its namespace.
	 */
	int (*put_up)(void *data, struct trial_ground *ret_ground, struct error *err);
	int (*take_down)(void *data, struct error *err);
	/* A service is up that stays (`sfc test start`); NULL: none does. A negative errno ends it. */
	int (*is_up)(void *data, struct error *err);
	void *data;
};

enum trial_outcome {
	TRIAL_DONE,        /* it ended, or was stopped having answered */
	TRIAL_FAILED,      /* it was not up in time, did not answer, did not end */
	TRIAL_NOT_STARTED, /* its command is not there, or cannot be executed: status is 127 or 126 */
	TRIAL_INTERRUPTED, /* a signal told us to end; status is 128 + its number */
	TRIAL_BROKEN,      /* a failure of ours */
};

/* CAPTURED_LOGS: of one that failed, the ends of its log files. */
enum { CAPTURED_OUTPUT, CAPTURED_ERRORS, CAPTURED_PROBE, CAPTURED_PROBE_ERRORS, CAPTURED_LOGS, CAPTURED };

struct trial {
	enum trial_outcome outcome;
	int status;      /* the command's, as a shell has it */
	bool idle;       /* every --probe passed before it was started */
	bool served;     /* it was a server, and not one that ended well before it was up */
	char said[1280]; /* how it went, in a sentence */
	struct learned learned; /* of a run that was to learn */
	uint32_t uid, gid;
	char home[1024];
	double seconds;
	struct {
		int64_t started_ns, ready_ns, probe_ns, stopping_ns; /* since 1970; 0: it never came to that */
	} at;
	int captured[CAPTURED]; /* files without a name */
	struct error err;
};

/* Does it stay until it is told, and is asked something? */
bool trial_is_server(const struct spec *spec, const struct image_config *image);

/* 0 whatever the outcome; a negative errno and *ret_trial untouched where there could be none. */
int trial_run(const struct trial_request *request, struct trial **ret_trial, struct error *err);
/*
 * What it reads: what was said, '-' being ours; `through`: ours where nothing was said; else nothing, -1. For
 * struct trial_request; the caller closes.
 */
int trial_open_input(const struct spec *spec, bool through, int *ret_input, struct error *err);
/* So that the packer knows how to start what the manifest's last session, which has ended, has traced. */
int trial_describe(const struct trial *trial, const struct spec *spec, const struct start_defaults *defaults,
		   const char *manifest, struct error *err);
void trial_free(struct trial *trial);
void trial_freep(struct trial **trial);

#endif
