// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "stage/mount/work.h"
#include "stage/stages/doubt.h"
#include "stage/stages/learning.h"
#include "stage/stages/phases.h"
#include "stage/stages/slim_private.h"

static int put_up_traced(void *data, struct trial_ground *ground, struct error *err)
{
	const char *root = work_path("/root");
	struct slim *slim = data;
	const struct trace_options options = {
		.source = slim->source.path,
		.mountpoint = root,
		.manifest = slim->manifest,
		.label = slim->request->label ? slim->request->label : "slim",
		.scratch = slim->request->disk,
		.outside = slim->source.outside,
		/* the packer lists the source itself, for the package alone, unless the manifest is to be kept */
		.more = slim->request->trace || slim->request->keep_manifest ? slim->request->trace
									     : "catalog=no",
	};
	int r = layer_work_make(err);

	if (r == 0)
		r = trace_begin(&options, &slim->trace, err);
	*ground = (struct trial_ground){
		.root = root,
		.look = slim->source.path,
		.defaults = &slim->defaults,
		.traced = true,
	};
	return r;
}

int slim_take_down(void *data, struct error *err)
{
	struct slim *slim = data;

	return trace_end(&slim->trace, err);
}

struct trial_request slim_trial(struct slim *slim)
{
	return (struct trial_request){
		.spec = slim->request->spec,
		.image = &slim->source.start.image,
		.name = slim->request->name,
		.cache = slim->request->cache,
		.input = slim->input,
		.data = slim,
	};
}

/* Is it, as far as it got, one to go on with? 1: it is; 0: the result is known. */
int slim_judge(struct slim *slim, const struct trial *trial, struct error *err)
{
	slim->status = trial->status;
	switch (trial->outcome) {
	case TRIAL_DONE:
		return 1;
	case TRIAL_INTERRUPTED:
		slim->result = SLIM_INTERRUPTED;
		return 0;
	case TRIAL_FAILED:
		compare_show_output(trial);
		slim->result = SLIM_COMMAND_FAILED;
		error_set(err, 0, "%s", trial->said);
		return 0;
	case TRIAL_NOT_STARTED:
		slim->result = SLIM_COMMAND_FAILED;
		error_set(err, 0, "%s", trial->err.message);
		return 0;
	case TRIAL_BROKEN:
		break;
	}
	return error_set(err, -EIO, "%s", trial->err.message);
}

static int report_test(struct slim *slim, double seconds, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	struct trace_counts counts;
	int r = phases_note(slim->manifest, slim->test, err);

	if (r == 0 && slim->request->learn)
		r = learning_note(slim->manifest, slim->test, err);
	if (r == 0)
		r = trace_count(slim->manifest, &counts, err);
	if (r < 0)
		return r;
	report_step(slim->report, "test", slim->test->said, seconds);
	text_add_count(&text, counts.accesses);
	text_add(&text, " accesses to ");
	text_add_count(&text, counts.files);
	text_add(&text, " files, ");
	text_add_count(&text, counts.missing);
	text_add(&text, " looked up in vain, ");
	text_add_count(&text, counts.lost);
	text_add(&text, " lost");
	report_step(slim->report, "", text.bytes, -1);
	if (slim->request->learn)
		learning_report(slim->report, slim->test);
	doubt_report_probes(slim->report, slim->test);
	report_fact(slim->report, "test",
		    json_pack("{s:o, s:i, s:I, s:I, s:I, s:I}", "said", json_path(slim->test->said), "status",
			      slim->test->status, "accesses", (json_int_t)counts.accesses, "files",
			      (json_int_t)counts.files, "missing", (json_int_t)counts.missing, "lost",
			      (json_int_t)counts.lost));
	report_seconds(slim->report, "test", seconds);
	return text_failed(&text) ? error_oom(err) : 1;
}

int slim_test(struct slim *slim, struct error *err)
{
	struct trial_request request = slim_trial(slim);
	double began = clock_steady_seconds();
	int r;

	request.doubting = true;
	request.learning = slim->request->learn;
	request.put_up = put_up_traced;
	request.take_down = slim_take_down;
	r = trial_run(&request, &slim->test, err);
	if (r < 0)
		return r;
	r = slim_judge(slim, slim->test, err);
	return r <= 0 ? r : report_test(slim, clock_steady_seconds() - began, err);
}
