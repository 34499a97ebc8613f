// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/phases.h"
#include "stage/mount/work.h"
#include "stage/stages/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "stage/layer/package.h"
#include "stage/layer/view.h"
#include "stage/mount/mount.h"
#include "stage/stages/learning.h"
#include "stage/stages/source.h"
#include "stage/stages/test_place.h"

/* --- inside --- */

static int put_up(void *data, struct trial_ground *ground, struct error *err)
{
	const char *root = work_path("/root");
	struct test *test = data;
	const struct trace_options options = {
		.source = test->source,
		.mountpoint = root,
		.manifest = test->manifest,
		.label = test->label,
		.scratch = test->scratch.path,
		.more = test->request->trace,
	};
	int r = mount_attach(test->view, AT_FDCWD, test->source, err);

	if (r == 0)
		r = layer_work_make(err);
	if (r == 0)
		r = trace_begin(&options, &test->trace, err);
	*ground = (struct trial_ground){
		.root = root,
		.look = test->source,
		.defaults = test->defaults,
		.traced = true,
	};
	return r;
}

static int take_down(void *data, struct error *err)
{
	struct test *test = data;

	return trace_end(&test->trace, err);
}

static int is_up(void *data, struct error *err)
{
	const struct test *test = data;

	return test->request->is_up(test->request->data, err);
}

/* --- outside --- */

static int make_label(struct test *test, struct error *err)
{
	const struct test_request *request = test->request;
	const char *label = request->label;

	if (!label)
		label = path_name(request->spec->args.count ? request->spec->args.items[0]
							    : test->defaults->args[0]);
	test->label = strdup(label);
	return test->label ? 0 : error_oom(err);
}

static int find_out(struct test *test, struct error *err)
{
	const struct test_request *request = test->request;
	int r = dev_must_exist(request->state, request->name, &test->dev, err);

	if (r == 0)
		r = source_start_of_base(request->state, test->dev.base, &test->start, err);
	if (r < 0)
		return r;
	test->defaults = test->start.given ? &test->start.defaults : NULL;
	if (!request->spec->args.count && !(test->defaults && test->defaults->args[0]))
		return error_set(err, -EINVAL, "'%s' does not say what it starts; give a command after --",
				 request->name);
	return make_label(test, err);
}

static int make_places(struct test *test, struct error *err)
{
	const struct test_request *request = test->request;
	_cleanup_(closep) int directory = -1, cache = -1;
	int r = test_directory(request->state, request->name, &directory, err);

	if (r == 0)
		r = cache = state_directory(request->state, "cache", err);
	if (r < 0)
		return r;
	test->manifest = state_path(request->state, "test/%s/manifest.db", request->name);
	test->cache = state_path(request->state, "cache");
	test->source = state_path(request->state, "dev/%s/root", request->name);
	if (!test->manifest || !test->cache || !test->source)
		return error_oom(err);
	if (mkdir(test->source, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make '%s'", test->source);
	r = view_open(request->state, &test->dev, &test->view, err);
	if (r < 0)
		return r;
	return scratch_make(request->state, "test", &test->scratch, err);
}

int test_open(const struct test_request *request, struct test *test, struct error *err)
{
	int r = dev_must_exist(request->state, request->name, NULL, err);

	*test = (struct test){
		.request = request, .dev = DEV_INIT, .view = -1, .scratch = SCRATCH_INIT, .trace = TRACE_INIT};
	snprintf(test->container, sizeof(test->container), "test-%s-%d", request->name, (int)getpid());
	if (r == 0)
		r = test_claim(request->state, request->name, &test->claim, err);
	if (r == 0)
		r = find_out(test, err);
	return r < 0 ? r : make_places(test, err);
}

int test_run(struct test *test, struct error *err)
{
	const struct test_request *request = test->request;
	bool server = request->is_up || trial_is_server(request->spec, &test->start.image);
	struct spec spec = *request->spec; /* borrowed */
	_cleanup_(closep) int input = -1;
	struct trial_request trial = {
		.spec = &spec,
		.image = &test->start.image,
		.name = test->container,
		.cache = test->cache,
		.through = request->is_up || !server,
		.doubting = server && !request->is_up,
		.learning = request->learn,
		.patient = true,
		.put_up = put_up,
		.take_down = take_down,
		.is_up = request->is_up ? is_up : NULL,
		.data = test,
	};
	int r = trial_open_input(request->spec, !server, &input, err);

	trial.input = input;
	spec.terminal = request->terminal && !server && !spec.input;
	if (r == 0)
		r = trial_run(&trial, &test->trial, err);
	if (r < 0 || test->trial->outcome == TRIAL_BROKEN || test->trial->outcome == TRIAL_NOT_STARTED)
		return r;
	chmod(test->manifest, 0600);
	r = phases_note(test->manifest, test->trial, err);
	if (r == 0 && request->learn)
		r = learning_note(test->manifest, test->trial, err);
	if (r == 0)
		r = trace_count(test->manifest, &test->counts, err);
	test->counted = r == 0;
	return r < 0 ? r : trial_describe(test->trial, request->spec, test->defaults, test->manifest, err);
}

void test_close(struct test *test)
{
	trial_free(test->trial);
	free(test->label);
	free(test->manifest);
	free(test->cache);
	scratch_release(&test->scratch);
	layer_start_release(&test->start);
	closep(&test->view);
	free(test->source);
	dev_release(&test->dev);
	claim_release(&test->claim);
}
