// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/slim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/digest.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "db/manifest.h"
#include "db/sql/statement.h"
#include "pack/source/which.h"
#include "stage/layer/package.h"
#include "stage/mount/mount.h"
#include "stage/mount/squashfs.h"
#include "stage/stages/source.h"
#include "stage/stages/trace.h"
#include "stage/stages/tracepack.h"
#include "stage/stages/trial.h"

enum { MISSED_SHOWN = 10 };

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

	enum slim_result result;
	int status;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* --- before --- */

/* A plain environment with the caller's language; his other variables would be part of what is traced. */
static int make_environment(struct slim *slim, struct error *err)
{
	static const char *const taken[] = {"LANG", "LC_ALL", "TZ"};
	const struct start_defaults *own = slim->source.start.given ? &slim->source.start.defaults : NULL;
	int r = spec_strings_add(&slim->env, "PATH=" WHICH_PATH_DEFAULT);

	for (size_t i = 0; r == 0 && i < sizeof(taken) / sizeof(*taken); i++) {
		_cleanup_(freep) char *variable = NULL;
		const char *value = getenv(taken[i]);

		if (value && asprintf(&variable, "%s=%s", taken[i], value) < 0)
			r = -ENOMEM;
		else if (value)
			r = spec_strings_add(&slim->env, variable);
	}
	for (char *const *item = own ? own->env : NULL; r == 0 && item && *item; item++)
		r = spec_strings_add(&slim->env, *item);
	if (r == 0 && array_push(&slim->env, NULL) == 0)
		slim->env.count--;
	else
		r = -ENOMEM;
	if (r < 0)
		return error_oom(err);
	if (own)
		slim->defaults = *own;
	slim->defaults.env = slim->env.items;
	return 0;
}

static int open_input(struct slim *slim, struct error *err)
{
	const char *input = slim->request->spec->input;

	slim->input = -1;
	if (!input)
		return 0;
	slim->input = strcmp(input, "-") == 0 ? dup(STDIN_FILENO) : open(input, O_RDONLY | O_CLOEXEC);
	return slim->input < 0 ? error_errno(err, "cannot read the input '%s'", input) : 0;
}

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
	_cleanup_(closep) int mount = -1;
	int r;

	if (!memory)
		return error_oom(err);
	if (mkdir(memory, 0700) < 0)
		return error_errno(err, "cannot make '%s'", memory);
	r = mount_tmpfs(0700, 0, &mount, err);
	if (r == 0)
		r = mount_attach(mount, AT_FDCWD, memory, err);
	if (r < 0)
		return r;
	slim->manifest = path_join(memory, "manifest.db");
	slim->package = path_join(slim->request->scratch->path, "package");
	/* what our programs put aside goes the same way */
	return slim->manifest && slim->package && setenv("TMPDIR", memory, 1) == 0 ? 0 : error_oom(err);
}

static int prepare(struct slim *slim, struct error *err)
{
	int r = open_input(slim, err);

	if (r == 0)
		r = source_root_open(slim->request->state, slim->request->root, slim->request->scratch,
				     &slim->source, err);
	if (r == 0)
		r = make_environment(slim, err);
	if (r == 0)
		r = check_command(slim, err);
	return r < 0 ? r : make_memory(slim, err);
}

/* --- test --- */

static int put_up_traced(void *data, struct trial_ground *ground, struct error *err)
{
	static const char root[] = LAYER_WORK "/root";
	struct slim *slim = data;
	const struct trace_options options = {
		.source = slim->source.path,
		.mountpoint = root,
		.manifest = slim->manifest,
		.label = slim->request->label ? slim->request->label : "slim",
		.scratch = slim->request->disk,
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

static int take_down_traced(void *data, struct error *err)
{
	struct slim *slim = data;

	return trace_end(&slim->trace, err);
}

static struct trial_request trial_of(struct slim *slim)
{
	return (struct trial_request){
		.spec = slim->request->spec,
		.name = slim->request->name,
		.cache = slim->request->cache,
		.input = slim->input,
		.data = slim,
	};
}

/* Is it, as far as it got, one to go on with? 1: it is; 0: the result is known. */
static int judge(struct slim *slim, const struct trial *trial, struct error *err)
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
	int r = trace_count(slim->manifest, &counts, err);

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
	report_fact(slim->report, "test",
		    json_pack("{s:o, s:i, s:I, s:I, s:I, s:I}", "said", json_path(slim->test->said), "status",
			      slim->test->status, "accesses", (json_int_t)counts.accesses, "files",
			      (json_int_t)counts.files, "missing", (json_int_t)counts.missing, "lost",
			      (json_int_t)counts.lost));
	report_seconds(slim->report, "test", seconds);
	return text_failed(&text) ? error_oom(err) : 1;
}

static int test(struct slim *slim, struct error *err)
{
	struct trial_request request = trial_of(slim);
	double began = now();
	int r;

	request.put_up = put_up_traced;
	request.take_down = take_down_traced;
	r = trial_run(&request, &slim->test, err);
	if (r < 0)
		return r;
	r = judge(slim, slim->test, err);
	return r <= 0 ? r : report_test(slim, now() - began, err);
}

/* --- pack --- */

static int describe(struct slim *slim, struct error *err)
{
	const struct spec *spec = slim->request->spec;
	struct tracepack_start start = {
		.cwd = spec->cwd ? spec->cwd : slim->defaults.cwd ? slim->defaults.cwd : "/",
		.home = slim->test->home,
		.uid = slim->test->uid,
		.gid = slim->test->gid,
		.args = slim->defaults.args,
		.env = &slim->env,
		.asked = &spec->env,
	};
	spec_strings args = ARRAY_INIT;
	int r = 0;

	for (size_t i = 0; r == 0 && i < spec->args.count; i++)
		r = array_push(&args, spec->args.items[i]);
	if (r == 0 && spec->args.count) {
		r = array_push(&args, NULL);
		start.args = args.items;
	}
	r = r < 0 ? error_oom(err) : tracepack_describe(slim->manifest, &start, err);
	array_release(&args);
	return r;
}

static int report_pack(struct slim *slim, const struct text *said, double seconds, struct error *err)
{
	static const char *const members[] = {"source", "packed", "came_in", "left_out", "image_bytes"};
	_cleanup_(freep) char *first = NULL;
	json_t *json = NULL;
	size_t length = strcspn(said->bytes, "\n");

	report_seconds(slim->report, "pack", seconds);
	if (slim->report->facts) {
		int r = json_read(said->bytes, said->size, 64 << 20, &json, err);

		for (size_t i = 0; r == 0 && i < sizeof(members) / sizeof(*members); i++)
			report_fact(slim->report, members[i],
				    json_incref(json_object_get(json, members[i])));
		json_decref(json);
		return r < 0 ? r : 1;
	}
	first = strndup(said->bytes, length);
	if (!first)
		return error_oom(err);
	report_step(slim->report, "pack", first, seconds);
	report_text(slim->report, said->bytes + length + (said->bytes[length] == '\n'));
	return 1;
}

static int pack(struct slim *slim, struct text *warnings, struct error *err)
{
	_cleanup_(text_release) struct text said = TEXT_INIT;
	_cleanup_(freep) char *name = strdup(path_name(slim->request->output));
	_cleanup_(freep) char *root = slim->request->root ? realpath(slim->request->root, NULL) : NULL;
	const char *asked = root ? root : slim->request->root;
	size_t length = name ? strlen(name) : 0;
	double began = now();
	const struct tracepack_build build = {
		.manifest = slim->manifest,
		.source = slim->source.path,
		.output = slim->package,
		.name = name,
		.source_name = !asked || strcmp(asked, "/") == 0 ? "/" : path_name(asked),
		.image = slim->source.image,
		.options = slim->request->packer,
		.json = slim->report->facts != NULL,
	};
	int r;

	if (!name)
		return error_oom(err);
	if (length > 4 && strcmp(name + length - 4, ".sfc") == 0)
		name[length - 4] = '\0';
	r = describe(slim, err);
	if (r == 0)
		r = tracepack_build(&build, &said, warnings, err);
	return r < 0 ? r : report_pack(slim, &said, now() - began, err);
}

/* --- verify --- */

static int put_up_packed(void *data, struct trial_ground *ground, struct error *err)
{
	struct slim *slim = data;
	int r = layer_package_mount(slim->image, slim->request->output, NULL, &slim->layers, err);

	*ground = (struct trial_ground){
		.root = LAYER_WORK "/root",
		.defaults = slim->layers.start.given ? &slim->layers.start.defaults : NULL,
		.traced = true, /* as it was before */
	};
	return r;
}

/* What it looks for in the package, does not find, and the source has. */
static int put_up_missed(void *data, struct trial_ground *ground, struct error *err)
{
	static const char root[] = LAYER_WORK "/missed", source[] = LAYER_WORK "/package/rootfs";
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
	struct trial_request request = trial_of(slim);
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
	if (r == 0)
		r = trial_run(&request, ret_trial, err);
	closep(&slim->image);
	slim->image = -1;
	return r;
}

static bool source_has(const struct slim *slim, const char *path)
{
	_cleanup_(freep) char *whole = NULL;
	struct stat st;

	return asprintf(&whole, "%s%s", slim->source.path, path) > 0 && lstat(whole, &st) == 0;
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

		if (!source_has(slim, column_text(row, 0)))
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
	if (!trial_is_server(slim->request->spec) && slim->verify->outcome == TRIAL_DONE)
		compare_show_difference(slim->test, slim->verify);
	if (run_packed(slim, put_up_missed, take_down_traced, &again, &ignored) == 0)
		show_missed(slim);
	slim->result = SLIM_DIFFERENT;
	error_set(err, 0, "the package does not behave like the source: %s; nothing was written to '%s'", how,
		  slim->request->output);
	return 0;
}

static int verify(struct slim *slim, struct error *err)
{
	const struct slim_request *request = slim->request;
	char said[64];
	double began = now();
	int r;

	if (request->compare == COMPARE_NONE)
		return 1;
	r = run_packed(slim, put_up_packed, NULL, &slim->verify, err);
	if (r < 0)
		return r;
	if (slim->verify->outcome == TRIAL_FAILED)
		return differs(slim, slim->verify->said, err);
	if (slim->verify->outcome == TRIAL_NOT_STARTED)
		return differs(slim, slim->verify->err.message, err);
	r = judge(slim, slim->verify, err);
	if (r <= 0)
		return r;
	slim->status = slim->test->status;
	if (!compare_trials(request->spec, slim->test, slim->verify, request->compare, said, sizeof(said)))
		return differs(slim, said, err);
	report_step(slim->report, "verify", said, now() - began);
	report_fact(slim->report, "verify", json_pack("{s:s, s:i}", "said", said, "status", slim->verify->status));
	report_seconds(slim->report, "verify", now() - began);
	return 1;
}

/* --- publish --- */

static int keep_manifest(const struct slim *slim, struct error *err)
{
	_cleanup_(manifest_closep) struct manifest *manifest = NULL;
	_cleanup_(freep) char *temporary = NULL;
	const char *path = slim->request->keep_manifest;
	struct error why = ERROR_INIT;
	int r;

	if (!path)
		return 0;
	if (asprintf(&temporary, "%s.new-%d", path, (int)getpid()) < 0)
		return error_oom(err);
	r = manifest_open(slim->manifest, MANIFEST_READ, &manifest, &why);
	if (r == 0)
		r = manifest_copy(manifest, temporary, &why);
	if (r == 0 && rename(temporary, path) < 0)
		r = error_errno(&why, "cannot rename '%s'", temporary);
	if (r < 0)
		unlink(temporary);
	return r < 0 ? error_set(err, r, "cannot write the manifest to '%s': %s", path, why.message) : 0;
}

/* To another file system it is copied. */
static int copy_package(int package, const char *output, struct error *err)
{
	_cleanup_(io_output_release) struct io_output copy = IO_OUTPUT_INIT;
	ssize_t n = 1;
	int r = io_output_open(&copy, output, 0644, err);

	while (r == 0 && n > 0) {
		n = copy_file_range(package, NULL, copy.fd, NULL, 1 << 30, 0);
		if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS))
			n = sendfile(copy.fd, package, NULL, 1 << 30);
		if (n < 0)
			r = error_errno(err, "cannot write '%s'", output);
	}
	return r < 0 ? r : io_publish(&copy, err);
}

static int publish(struct slim *slim, struct error *err)
{
	const char *output = slim->request->output;
	_cleanup_(closep) int package = open(slim->package, O_RDONLY | O_CLOEXEC);
	_cleanup_(text_release) struct text text = TEXT_INIT;
	char hex[DIGEST_HEX_SIZE], name[DIGEST_HEX_SIZE + 8];
	struct stat st;
	int r = keep_manifest(slim, err);

	if (r < 0)
		return r;
	if (package < 0 || fstat(package, &st) < 0 || fchmod(package, 0644) < 0)
		return error_errno(err, "cannot open the package");
	r = digest_fd(package, hex, err);
	if (r == 0 && rename(slim->package, output) < 0)
		r = errno == EXDEV ? copy_package(package, output, err)
				   : error_errno(err, "cannot write '%s'", output);
	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "sha256:%s", hex);
	text_printf(&text, "%s  ", path_name(output));
	text_add_size(&text, (unsigned long long)st.st_size);
	text_printf(&text, "  %s\n", name);
	report_text(slim->report, text.bytes);
	report_fact(slim->report, "package", json_path(output));
	report_fact(slim->report, "digest", json_string(name));
	report_fact(slim->report, "bytes", json_integer((json_int_t)st.st_size));
	r = report_finish(slim->report, name, err);
	if (r < 0)
		return r;
	if (!trial_is_server(slim->request->spec) && slim->status) {
		slim->result = SLIM_COMMAND_FAILED;
		error_set(err, 0, "%s; the package does the same", slim->test->said);
	}
	return 1;
}

/* --- all of it --- */

static int stages(struct slim *slim, struct text *warnings, struct error *err)
{
	int r = prepare(slim, err);

	if (r == 0)
		r = test(slim, err);
	if (r > 0)
		r = pack(slim, warnings, err);
	if (r > 0)
		r = verify(slim, err);
	if (r > 0)
		r = publish(slim, err);
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

int slim_run(const struct slim_request *request, struct report *report, enum slim_result *ret_result,
	     int *ret_status, struct text *warnings, struct error *err)
{
	struct slim slim = {
		.request = request,
		.report = report,
		.input = -1,
		.image = -1,
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
		report_fact(report, "problem", json_path(err->message));
		report_fact(report, "status", json_integer(slim.status));
		r = report_finish(report, NULL, err);
	}
	slim_release(&slim);
	return r < 0 ? r : 0;
}
