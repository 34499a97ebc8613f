// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/slim_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/json.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "stage/cancel.h"
#include "stage/mount/mount.h"

/* --- before --- */

/* What it is asked to start; what its image starts. */
static int check_command(const struct slim *slim, struct error *err)
{
	if (slim->request->spec->args.count || (slim->defaults.args && slim->defaults.args[0]))
		return 0;
	return error_set(err, -EINVAL, "no command given");
}

static int make_memory(struct slim *slim, struct error *err)
{
	_cleanup_(freep) char *memory = path_join(slim->request->scratch->path, "memory");
	_cleanup_(freep) char *name = slim_name(slim->request);
	_cleanup_(closep) int mount = -1;
	int r = 0;

	if (!memory || !name)
		return error_oom(err);
	if (mkdir(memory, 0700) < 0)
		return error_errno(err, "cannot make '%s'", memory);
	/* what is done outside reaches no memory that is mounted here */
	if (!slim->source.outside)
		r = mount_tmpfs(0700, 0, &mount, err);
	if (r == 0 && mount >= 0)
		r = mount_attach(mount, AT_FDCWD, memory, err);
	if (r < 0)
		return r;
	slim->manifest = path_join(memory, "manifest.db");
	/* an image without a name is called as this file */
	if (asprintf(&slim->package, "%s/%s.sfc", slim->request->scratch->path, name) < 0)
		slim->package = NULL;
	/* what our programs put aside goes the same way */
	return slim->manifest && slim->package && setenv("TMPDIR", memory, 1) == 0 ? 0 : error_oom(err);
}

static int prepare(struct slim *slim, struct error *err)
{
	int r = trial_open_input(slim->request->spec, false, &slim->input, err);

	if (r == 0)
		r = source_root_open(slim->request->state, slim->request->root, slim->request->access,
				     slim->request->scratch, &slim->source, err);
	if (r == 0)
		r = slim_environment(slim, err);
	if (r == 0)
		r = slim_image(slim, err);
	if (r == 0)
		r = check_command(slim, err);
	return r < 0 ? r : make_memory(slim, err);
}

/* --- all of it --- */

static int stages(struct slim *slim, struct text *warnings, struct error *err)
{
	int r = prepare(slim, err);

	if (r == -EINTR && cancel_signal()) {
		slim->result = SLIM_INTERRUPTED;
		slim->status = 128 + cancel_signal();
		return 0;
	}
	if (r == 0)
		r = slim_test(slim, err);
	if (r > 0)
		r = slim_pack(slim, warnings, err);
	if (r > 0 && slim->request->dry_run)
		return slim_dry_run(slim, err);
	if (r > 0)
		r = slim_verify(slim, err);
	if (r > 0)
		r = slim_publish(slim, warnings, err);
	return r;
}

static void slim_release(struct slim *slim)
{
	trial_free(slim->test);
	trial_free(slim->verify);
	source_root_release(&slim->source);
	if (slim->env.items)
		spec_strings_release(&slim->env);
	closep(&slim->input);
	free(slim->manifest);
	free(slim->package);
}

/* In the words of --json. */
static const char *const results[] = {
	[SLIM_COMMAND_FAILED] = "command failed",
	[SLIM_DIFFERENT] = "different",
	[SLIM_TOO_LARGE] = "too large",
};

int slim_run(const struct slim_request *request, struct report *report, enum slim_result *ret_result,
	     int *ret_status, struct text *warnings, struct error *err)
{
	struct slim slim = {
		.request = request,
		.report = report,
		.input = -1,
		.image = -1,
		.guard_image = -1,
		.trace = TRACE_INIT,
		.layers = LAYER_PACKAGE_INIT,
		.result = SLIM_ALIKE,
	};
	int r = stages(&slim, warnings, err);

	*ret_result = slim.result;
	*ret_status = slim.status;
	/* what is not packed is told as well */
	if (r == 0 && report->facts && slim.result != SLIM_INTERRUPTED) {
		report_fact(report, "package", json_null());
		report_fact(report, "result", json_string(results[slim.result]));
		report_fact(report, "problem", json_path(err->message));
		report_fact(report, "status", json_integer(slim.status));
		r = report_finish(report, NULL, err);
	}
	slim_release(&slim);
	return r < 0 ? r : 0;
}
