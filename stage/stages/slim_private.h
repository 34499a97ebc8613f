/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the steps of slim: test, pack, verify, publish, a file each. */
#ifndef STAGE_STAGES_SLIM_PRIVATE_H
#define STAGE_STAGES_SLIM_PRIVATE_H

#include "stage/layer/package.h"
#include "stage/stages/guarded.h"
#include "stage/stages/report.h"
#include "stage/stages/slim.h"
#include "stage/stages/source.h"
#include "stage/stages/trace.h"
#include "stage/stages/trial.h"

struct slim {
	const struct slim_request *request;
	struct report *report;
	struct source_root source;
	spec_strings env;              /* what it gets beside what was asked */
	struct start_defaults defaults;
	char *manifest, *package;      /* while it is being made */
	int input;
	struct trial *test, *verify;

	/* inside of a trial */
	struct trace trace;
	struct layer_package layers;
	int image;                     /* a detached mount of the package */
	int guard_image;               /* one more, for the guard; -1: it is not guarded */
	struct guarded guarded;

	enum slim_result result;
	int status;
};

/* "web" of web.sfc, of docker-daemon:web:slim and of oci-archive:web.tar. NULL: no memory; the caller frees. */
char *slim_name(const struct slim_request *request);
/* Before: the variables it is started with; what is kept of its image. */
int slim_environment(struct slim *slim, struct error *err);
int slim_image(struct slim *slim, struct error *err);
/* After the test: a HEALTHCHECK that is kept and was not run is said. */
int slim_note_health(const struct slim *slim, struct text *said, struct error *err);

/* The steps: 1 to go on; 0: slim->result is known; or a negative errno. */
int slim_test(struct slim *slim, struct error *err);
int slim_pack(struct slim *slim, struct text *warnings, struct error *err);
int slim_verify(struct slim *slim, struct error *err);
int slim_publish(struct slim *slim, struct text *said, struct error *err);
/* In the place of the last two: say what is kept. */
int slim_dry_run(struct slim *slim, struct error *err);

/* For test and verify: what is asked of a trial; whether its outcome is one to go on with, as a step answers. */
struct trial_request slim_trial(struct slim *slim);
int slim_judge(struct slim *slim, const struct trial *trial, struct error *err);
/* What ends a traced root that was put up for a trial. */
int slim_take_down(void *data, struct error *err);

#endif
