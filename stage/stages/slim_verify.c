// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/slim_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "db/sql/statement.h"
#include "stage/mount/mount.h"
#include "stage/mount/squashfs.h"
#include "stage/mount/work.h"
#include "stage/stages/doubt.h"

enum { MISSED_SHOWN = 10 };

static int put_up_packed(void *data, struct trial_ground *ground, struct error *err)
{
	struct slim *slim = data;
	int r = layer_package_mount(slim->image, slim->request->output, NULL, &slim->layers, err);

	*ground = (struct trial_ground){
		.root = work_path("/root"),
		.defaults = slim->layers.start.given ? &slim->layers.start.defaults : NULL,
		.traced = true, /* as it was before */
	};
	return r;
}

/* Where what the guard of the package notes goes; the caller frees. */
static char *guard_manifest(const struct slim *slim)
{
	char *path;

	return asprintf(&path, "%s.guard", slim->manifest) < 0 ? NULL : path;
}

/* The same, with a layer below that notes what it looks for and does not find. */
static int put_up_guarded(void *data, struct trial_ground *ground, struct error *err)
{
	struct slim *slim = data;
	_cleanup_(freep) char *manifest = guard_manifest(slim);
	struct layer_parts parts = {.mount = slim->image, .name = slim->request->output};
	int r = manifest ? guarded_put_up(&slim->guarded, slim->guard_image, manifest, &parts.guard, err)
			 : error_oom(err);

	if (r < 0)
		return r;
	r = layer_parts_mount(&parts, &slim->layers, err);
	closep(&parts.guard);
	*ground = (struct trial_ground){
		.root = work_path("/root"),
		.look = work_path("/package/rootfs"), /* what we look up is no miss of the program's */
		.defaults = slim->layers.start.given ? &slim->layers.start.defaults : NULL,
		.traced = true, /* as it was before */
	};
	return r;
}

static int take_down_guarded(void *data, struct error *err)
{
	struct slim *slim = data;

	return guarded_take_down(&slim->guarded, err);
}

/* What it looks for in the package, does not find, and the source has. */
static int put_up_missed(void *data, struct trial_ground *ground, struct error *err)
{
	const char *root = work_path("/missed"), *source = work_path("/package/rootfs");
	struct slim *slim = data;
	_cleanup_(freep) char *manifest = NULL;
	struct trace_options options = {
		.source = source, .mountpoint = root, .label = "missed", .more = "catalog=no"};
	int r;

	if (asprintf(&manifest, "%s.missed", slim->manifest) < 0)
		return error_oom(err);
	/* what stands above takes its word from it */
	r = mount_set(slim->image, 0, MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID, false, err);
	if (r == 0)
		r = put_up_packed(data, ground, err);
	if (r == 0 && mkdir(root, 0755) < 0)
		r = error_errno(err, "cannot make '%s'", root);
	options.manifest = manifest;
	if (r == 0)
		r = trace_begin(&options, &slim->trace, err);
	ground->root = root;
	ground->look = source;
	return r;
}

static int run_packed(struct slim *slim, int (*put_up)(void *, struct trial_ground *, struct error *),
		      int (*take_down)(void *, struct error *), struct trial **ret_trial, struct error *err)
{
	_cleanup_(closep) int file = open(slim->package, O_RDONLY | O_CLOEXEC);
	struct trial_request request = slim_trial(slim);
	struct spec spec = *slim->request->spec; /* borrowed */
	int r = file < 0 ? error_errno(err, "cannot open the package") : 0;

	slim->image = -1;
	if (slim->input >= 0)
		lseek(slim->input, 0, SEEK_SET);
	/* it starts as the package says: who has a name in the source may have none there */
	spec.user = NULL;
	request.spec = &spec;
	request.put_up = put_up;
	request.take_down = take_down;
	if (r == 0)
		r = squashfs_mount(file, "the package", &slim->image, err);
	if (r == 0 && put_up == put_up_guarded)
		r = squashfs_mount(file, "the package", &slim->guard_image, err);
	if (r == 0)
		r = trial_run(&request, ret_trial, err);
	closep(&slim->image);
	closep(&slim->guard_image);
	slim->image = slim->guard_image = -1;
	return r;
}

static void show_missed(const struct slim *slim)
{
	struct connection sql = {.noun = "manifest"};
	sqlite3_stmt *row = NULL;
	int shown = 0, r = -1;

	if (asprintf(&sql.path, "%s.missed", slim->manifest) < 0)
		return;
	if (connection_open(&sql, sql.path, "", SQLITE_OPEN_READONLY, NULL) == 0)
		r = statement_first(&sql, "SELECT DISTINCT path FROM missing ORDER BY path", &row, NULL);
	for (; r > 0 && shown < MISSED_SHOWN; r = statement_step(&sql, row, NULL)) {
		_cleanup_(text_release) struct text path = TEXT_INIT;

		if (!source_has(slim->source.path, column_text(row, 0)))
			continue;
		text_add_escaped(&path, column_text(row, 0));
		fprintf(stderr, "  looked for in vain: %s\n", path.bytes);
		shown++;
	}
	statement_done(row);
	connection_release(&sql);
}

/* The package does not do what the source did: say how, and which files it may have missed. */
static int differs(struct slim *slim, const char *how, struct error *err)
{
	_cleanup_(trial_freep) struct trial *again = NULL;
	struct error ignored = ERROR_INIT;

	compare_show_output(slim->verify);
	if (!slim->test->served && slim->verify->outcome == TRIAL_DONE)
		compare_show_difference(slim->test, slim->verify);
	if (run_packed(slim, put_up_missed, slim_take_down, &again, &ignored) == 0)
		show_missed(slim);
	slim->result = SLIM_DIFFERENT;
	error_set(err, 0, "the package does not behave like the source: %s; nothing was written to '%s'", how,
		  slim->request->output);
	return 0;
}

int slim_verify(struct slim *slim, struct error *err)
{
	const struct slim_request *request = slim->request;
	char said[64];
	_cleanup_(freep) char *manifest = guard_manifest(slim);
	double began = clock_steady_seconds();
	bool possible;
	int r;

	if (!manifest)
		return error_oom(err);
	if (request->compare == COMPARE_NONE)
		return 1;
	r = guarded_is_possible(slim->package, &possible, err);
	if (r == 0)
		r = run_packed(slim, possible ? put_up_guarded : put_up_packed,
			       possible ? take_down_guarded : NULL, &slim->verify, err);
	if (r < 0)
		return r;
	if (slim->verify->outcome == TRIAL_FAILED)
		return differs(slim, slim->verify->said, err);
	if (slim->verify->outcome == TRIAL_NOT_STARTED)
		return differs(slim, slim->verify->err.message, err);
	r = slim_judge(slim, slim->verify, err);
	if (r <= 0)
		return r;
	slim->status = slim->test->status;
	if (!compare_trials(request->spec, slim->test, slim->verify, request->compare, said, sizeof(said)))
		return differs(slim, said, err);
	report_step(slim->report, "verify", said, clock_steady_seconds() - began);
	report_fact(slim->report, "verify", json_pack("{s:s, s:i}", "said", said, "status", slim->verify->status));
	report_seconds(slim->report, "verify", clock_steady_seconds() - began);
	r = doubt_report_log(slim->report, slim->test, slim->verify, err);
	if (r == 0)
		r = guarded_report(slim->report, manifest, slim->package, slim->source.path, err);
	return r < 0 ? r : 1;
}
