// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/json.h"
#include "db/base/path.h"
#include "pack/package/bundle.h"
#include "stage/cancel.h"
#include "stage/layer/package.h"
#include "stage/mount/work.h"
#include "stage/stages/doubt.h"
#include "stage/stages/guarded.h"
#include "stage/stages/source.h"
#include "stage/stages/trace.h"
#include "stage/stages/trial.h"
#include "stage/stages/verify_parts.h"
#include "stage/store/store.h"

struct verification {
	const struct verify_request *request;
	struct report *report;
	struct bundle *bundle;
	char digest[VERIFY_DIGEST_SIZE];
	struct source_root source;
	struct layer_start start;         /* the package's */
	struct store_package taken;
	struct trial *in_source, *in_package;
	int input;

	/* inside of a trial */
	struct layer_package layers;
	struct trace trace; /* of a source that is shown by it */

	enum verify_result result;
	int status;
	struct store_package for_guard; /* one more mount of it */
	struct guarded guarded;
	bool is_guarded;
	char *noted;                    /* the guard's manifest */
};

/* --- what it does, beside its source --- */

static int prepare(struct verification *verification, struct error *err)
{
	const struct verify_request *request = verification->request;
	_cleanup_(store_closep) struct store *store = NULL;
	int r = source_root_open(request->state, request->root, request->access, request->scratch,
				 &verification->source, err);

	if (r == 0)
		r = trial_open_input(request->spec, false, &verification->input, err);
	if (r == 0)
		r = bundle_start(verification->bundle, &verification->start.config, err);
	if (r == 0)
		r = bundle_image(verification->bundle, &verification->start.image, err);
	if (r == 0)
		r = layer_start_take(&verification->start, err);
	if (r == 0)
		r = store_open(request->state->dir, &store, err);
	if (r == 0)
		r = store_take(store, bundle_fd(verification->bundle), request->package,
			       &verification->taken, err);
	if (r == 0)
		r = store_take(store, bundle_fd(verification->bundle), request->package,
			       &verification->for_guard, err);
	if (r == 0)
		r = guarded_is_possible(request->package, &verification->is_guarded, err);
	if (r == 0 && asprintf(&verification->noted, "%s/guard.db", request->scratch->path) < 0)
		r = error_oom(err);
	return r;
}

static int stand_on(struct verification *verification, struct trial_ground *ground)
{
	*ground = (struct trial_ground){
		.root = work_path("/root"),
		.defaults = &verification->start.defaults,
		.set_id = verification->taken.set_id,
	};
	return 0;
}

/* For a plain user the host's own files have their owners only as tracefs shows them: what it notes is nobody's. */
static int put_up_outside(struct verification *verification, struct error *err)
{
	_cleanup_(freep) char *manifest = path_join(verification->request->scratch->path, "source.db");
	const struct trace_options options = {
		.source = verification->source.path,
		.mountpoint = work_path("/root"),
		.manifest = manifest,
		.label = "source",
		.more = "catalog=no",
		.outside = true,
	};
	int r = manifest ? layer_work_make(err) : error_oom(err);

	return r < 0 ? r : trace_begin(&options, &verification->trace, err);
}

static int put_up_source(void *data, struct trial_ground *ground, struct error *err)
{
	struct verification *verification = data;
	int r = verification->source.outside
			? put_up_outside(verification, err)
			: layer_directory_mount(verification->source.path, &verification->layers, err);

	if (r == 0)
		r = stand_on(verification, ground);
	if (r == 0 && verification->source.outside)
		ground->look = verification->source.path;
	return r;
}

static int take_down_source(void *data, struct error *err)
{
	struct verification *verification = data;

	return trace_end(&verification->trace, err);
}

static int put_up_package(void *data, struct trial_ground *ground, struct error *err)
{
	struct verification *verification = data;
	struct layer_parts parts = {.mount = verification->taken.mount,
				    .name = verification->request->package, .guard = -1};
	int r = !verification->is_guarded
			? 0
			: guarded_put_up(&verification->guarded, verification->for_guard.mount,
					 verification->noted, &parts.guard, err);

	if (r < 0)
		return r;
	r = layer_parts_mount(&parts, &verification->layers, err);
	closep(&parts.guard);
	if (r == 0)
		r = stand_on(verification, ground);
	/* what we look up is no miss of the program's */
	if (r == 0 && verification->is_guarded)
		ground->look = work_path("/package/rootfs");
	return r;
}

static int take_down_package(void *data, struct error *err)
{
	struct verification *verification = data;

	return guarded_take_down(&verification->guarded, err);
}

static int try_it(struct verification *verification,
		  int (*put_up)(void *, struct trial_ground *, struct error *), struct trial **ret_trial,
		  struct error *err)
{
	struct spec spec = *verification->request->spec; /* borrowed */
	char user[32];
	const struct trial_request request = {
		.spec = &spec,
		.image = &verification->start.image,
		.name = verification->request->name,
		.cache = verification->request->cache,
		.input = verification->input,
		.put_up = put_up,
		.take_down = put_up == put_up_package ? take_down_package : take_down_source,
		.doubting = put_up == put_up_source,
		.data = verification,
	};

	/* who has a name in the source may have none in the package */
	if (spec.user && verification->in_source) {
		snprintf(user, sizeof(user), "%u:%u", verification->in_source->uid, verification->in_source->gid);
		spec.user = user;
	}
	if (verification->input >= 0)
		lseek(verification->input, 0, SEEK_SET);
	return trial_run(&request, ret_trial, err);
}

static const char *said_of(const struct trial *trial)
{
	return trial->outcome == TRIAL_NOT_STARTED ? trial->err.message : trial->said;
}

/* 1: it ended, or was stopped having answered; 2: it failed; 0: the result is known. */
static int judge(struct verification *verification, const struct trial *trial, struct error *err)
{
	verification->status = trial->status;
	if (trial->outcome == TRIAL_BROKEN)
		return error_set(err, -EIO, "%s", trial->err.message);
	if (trial->outcome == TRIAL_INTERRUPTED)
		verification->result = VERIFY_INTERRUPTED;
	return trial->outcome == TRIAL_DONE ? 1 : trial->outcome == TRIAL_INTERRUPTED ? 0 : 2;
}

/* What it missed, whether or not anybody noticed. */
static int report_missed(struct verification *verification, struct error *err)
{
	return verification->is_guarded
		       ? guarded_report(verification->report, verification->noted,
					verification->request->package, verification->source.path, err)
		       : 0;
}

static int differs(struct verification *verification, const char *how, struct error *err)
{
	struct error ignored = ERROR_INIT;

	report_missed(verification, &ignored);
	compare_show_output(verification->in_package);
	if (!verification->in_source->served && verification->in_package->outcome == TRIAL_DONE)
		compare_show_difference(verification->in_source, verification->in_package);
	verification->result = VERIFY_DIFFERENT;
	error_set(err, 0, "the package does not behave like the source: %s", how);
	return 0;
}

static int run_source(struct verification *verification, struct error *err)
{
	double began = clock_steady_seconds();
	int r = try_it(verification, put_up_source, &verification->in_source, err);

	if (r == 0)
		r = judge(verification, verification->in_source, err);
	if (r == 2) {
		compare_show_output(verification->in_source);
		verification->result = VERIFY_COMMAND_FAILED;
		error_set(err, 0, "in the source: %s", said_of(verification->in_source));
		return 0;
	}
	if (r == 1) {
		report_step(verification->report, "source", verification->in_source->said, clock_steady_seconds() - began);
		report_seconds(verification->report, "source", clock_steady_seconds() - began);
		doubt_report_probes(verification->report, verification->in_source);
	}
	return r;
}

static int run_package(struct verification *verification, struct error *err)
{
	const struct spec *spec = verification->request->spec;
	double began = clock_steady_seconds();
	char said[64];
	int r = try_it(verification, put_up_package, &verification->in_package, err);

	if (r == 0)
		r = judge(verification, verification->in_package, err);
	if (r <= 0)
		return r;
	if (r == 2)
		return differs(verification, said_of(verification->in_package), err);
	if (!compare_trials(spec, verification->in_source, verification->in_package,
			    verification->request->compare, said, sizeof(said)))
		return differs(verification, said, err);
	report_step(verification->report, "package", said, clock_steady_seconds() - began);
	report_seconds(verification->report, "package", clock_steady_seconds() - began);
	report_fact(verification->report, "compared", json_string(said));
	r = doubt_report_log(verification->report, verification->in_source, verification->in_package, err);
	if (r == 0)
		r = report_missed(verification, err);
	if (r < 0)
		return r;
	if (verification->in_source->served || !verification->status)
		return 1;
	verification->result = VERIFY_COMMAND_FAILED;
	error_set(err, 0, "%s, in the source and from the package", verification->in_source->said);
	return 1;
}

static int compare_both(struct verification *verification, struct error *err)
{
	int r = prepare(verification, err);

	if (r == -EINTR && cancel_signal()) {
		verification->result = VERIFY_INTERRUPTED;
		verification->status = 128 + cancel_signal();
		return 0;
	}
	if (r == 0)
		r = run_source(verification, err);
	if (r > 0)
		r = run_package(verification, err);
	report_fact(verification->report, "status", json_integer(verification->status));
	if (r == 0)
		report_fact(verification->report, "problem", json_path(err->message));
	return r < 0 ? r : 0;
}

/* --- all of it --- */

static void verification_release(struct verification *verification)
{
	trial_free(verification->in_source);
	trial_free(verification->in_package);
	source_root_release(&verification->source);
	layer_start_release(&verification->start);
	bundle_close(verification->bundle);
	closep(&verification->taken.mount);
	closep(&verification->for_guard.mount);
	free(verification->noted);
	closep(&verification->input);
}

int verify_run(const struct verify_request *request, struct report *report,
	       enum verify_result *ret_result, int *ret_status, struct text *problems, struct error *err)
{
	struct verification verification = {
		.request = request,
		.report = report,
		.taken = {.mount = -1},
		.for_guard = {.mount = -1},
		.layers = LAYER_PACKAGE_INIT,
		.trace = TRACE_INIT,
		.input = -1,
	};
	int r = verify_parts(request->package, report, &verification.bundle, verification.digest, problems, err);

	if (r == 0 && request->compare != COMPARE_NONE && request->root) {
		r = compare_both(&verification, err);
	} else if (r == 0) {
		if (request->compare != COMPARE_NONE)
			report_step(report, "", "nothing was compared: say with --root where the source is", -1);
		report_fact(report, "compared", json_null());
	}
	if (r == 0 && verification.result != VERIFY_INTERRUPTED)
		r = report_finish(report, verification.digest, err);
	*ret_result = verification.result;
	*ret_status = verification.status;
	verification_release(&verification);
	return r;
}
