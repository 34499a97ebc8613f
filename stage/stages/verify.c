// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/digest.h"
#include "db/base/json.h"
#include "pack/package/bundle.h"
#include "pack/package/check.h"
#include "stage/cancel.h"
#include "stage/layer/package.h"
#include "stage/mount/work.h"
#include "stage/stages/doubt.h"
#include "stage/stages/guarded.h"
#include "stage/stages/source.h"
#include "stage/stages/trial.h"
#include "stage/store/store.h"

struct verification {
	const struct verify_request *request;
	struct report *report;
	struct bundle *bundle;
	char digest[DIGEST_HEX_SIZE + 8]; /* sha256:… */
	struct source_root source;
	struct layer_start start;         /* the package's */
	struct store_package taken;
	struct trial *in_source, *in_package;
	int input;

	/* inside of a trial */
	struct layer_package layers;

	enum verify_result result;
	int status;
	struct store_package for_guard; /* one more mount of it */
	struct guarded guarded;
	bool is_guarded;
	char *noted;                    /* the guard's manifest */
};

/* --- its parts --- */

static json_t *lines_json(char *const *lines, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < count; i++)
		json_array_append_new(array, json_path(lines[i]));
	return array;
}

static void report_lines(const struct report *report, const char *what, char *const *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_(text_release) struct text text = TEXT_INIT;

		text_printf(&text, "%s: %s", what, lines[i]);
		report_step(report, "", text.bytes, -1);
	}
}

static void report_parts(struct verification *verification, const struct package_check *check)
{
	struct report *report = verification->report;
	_cleanup_(text_release) struct text text = TEXT_INIT;

	text_add_count(&text, check->files);
	text_add(&text, " files as they were packed (");
	text_add_size(&text, check->bytes);
	text_add(&text, "), ");
	text_add_count(&text, check->programs);
	text_add(&text, " programs, libraries and scripts find what they need");
	report_step(report, "parts", text.bytes, -1);
	report_lines(report, "known when it was built", check->notes.items, check->notes.count);
	report_lines(report, "asked for and not given", check->asks.items, check->asks.count);
	report_fact(report, "package", json_path(verification->request->package));
	report_fact(report, "digest", json_string(verification->digest));
	report_fact(report, "files", json_integer((json_int_t)check->files));
	report_fact(report, "bytes", json_integer((json_int_t)check->bytes));
	report_fact(report, "programs", json_integer((json_int_t)check->programs));
	report_fact(report, "problems", lines_json(check->problems.items, check->problems.count));
	report_fact(report, "notes", lines_json(check->notes.items, check->notes.count));
	report_fact(report, "asks", lines_json(check->asks.items, check->asks.count));
}

static int damaged(struct verification *verification, const struct package_check *check, struct text *problems,
		   struct error *err)
{
	const char *package = verification->request->package;
	size_t last = check->problems.count - 1;

	for (size_t i = 0; i < last; i++)
		text_printf(problems, "%s: %s\n", package, check->problems.items[i]);
	if (verification->report->facts)
		report_parts(verification, check);
	report_finish(verification->report, NULL, NULL);
	return error_set(err, -EBADMSG, "%s: %s", package, check->problems.items[last]);
}

static int check_parts(struct verification *verification, struct text *problems, struct error *err)
{
	const char *scratch = getenv("TMPDIR");
	struct package_check check = {0};
	char hex[DIGEST_HEX_SIZE];
	int r = bundle_open(verification->request->package, &verification->bundle, err);

	if (r == 0)
		r = digest_fd(bundle_fd(verification->bundle), hex, err);
	if (r == 0)
		r = package_check(verification->bundle, scratch && *scratch ? scratch : "/var/tmp", &check,
				  err);
	if (r == 0) {
		strcpy(stpcpy(verification->digest, "sha256:"), hex);
		if (check.problems.count)
			r = damaged(verification, &check, problems, err);
		else
			report_parts(verification, &check);
	}
	package_check_release(&check);
	return r;
}

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

static int put_up_source(void *data, struct trial_ground *ground, struct error *err)
{
	struct verification *verification = data;
	int r = layer_directory_mount(verification->source.path, &verification->layers, err);

	return r < 0 ? r : stand_on(verification, ground);
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
		.take_down = put_up == put_up_package ? take_down_package : NULL,
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
		.input = -1,
	};
	int r = check_parts(&verification, problems, err);

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
