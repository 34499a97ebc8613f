// SPDX-License-Identifier: BSD-2-Clause
/* tracepack build: an image, or a package, of what the sessions of a manifest used. */
#include "pack/cmd/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/digest.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "pack/cmd/build_result.h"
#include "pack/cmd/closure_request.h"
#include "pack/cmd/gate.h"
#include "pack/cmd/image_arguments.h"
#include "pack/cmd/image_source.h"
#include "pack/cmd/launch_request.h"
#include "pack/cmd/output.h"
#include "pack/cmd/source_catalog.h"
#include "pack/image/image.h"
#include "pack/image/verify.h"
#include "pack/image/verity.h"
#include "pack/need/closure_tree.h"
#include "pack/need/from_selection.h"
#include "pack/package/package.h"
#include "pack/source/recorded.h"

struct build {
	struct closure_request request;
	struct image_options image;
	struct launch_request start;
	const char *output, *name, *version, *source_name;
	bool package, no_records, check, verity, force, dry_run, quiet, json;
	enum package_catalog keep_catalog;
	/* made on the way */
	struct source_catalog catalog;
	struct image_source source_image;
	struct gate gate;
	struct tree *tree;
	struct package *contents; /* of a package; the tree leans on it */
	struct build_result result;
	struct error why; /* it is too large, if it is */
	bool too_large;
	char digest[DIGEST_HEX_SIZE], root_hash[DIGEST_HEX_SIZE];
	struct timespec started;
};

static void build_release(struct build *build)
{
	source_catalog_release(&build->catalog); /* it may still walk what closes below */
	tree_free(build->tree);
	package_free(build->contents);
	image_source_release(&build->source_image);
	launch_request_release(&build->start);
	closure_request_release(&build->request);
}

static int take_catalog(void *target, const char *value, struct error *err)
{
	static const char *const names[] = {
		[PACKAGE_CATALOG_FULL] = "full",
		[PACKAGE_CATALOG_NEAR] = "near",
		[PACKAGE_CATALOG_NONE] = "none",
	};

	for (int i = PACKAGE_CATALOG_FULL; i <= PACKAGE_CATALOG_NONE; i++)
		if (strcmp(value, names[i]) == 0) {
			*(enum package_catalog *)target = i;
			return 0;
		}
	return error_set(err, -EINVAL, "'%s' is no catalog: full, near or none", value);
}

static const struct command_option command_options[] = {
	{'o', "output", "FILE", "the image or package; appears only when whole",
	 OPTION_STRING(struct build, output)},
	OUTPUT_FORCE(struct build, force),
	{0, "package", NULL, "a package: image, start configuration and manifest in one file",
	 OPTION_FLAG(struct build, package)},
	{OPTION_TABLE(closure_request_options, struct build, request)},
	{0, "level", "N|best", "zstd level, 1 to 22 (default 9; best, for a release: 19)",
	 OPTION_CALL(image_argument_level, struct build, image.level)},
	{0, "block", "SIZE", "4K to 1M (default 128K)",
	 OPTION_CALL(image_argument_block, struct build, image)},
	{0, "threads", "N", "compressing (default: one per processor)",
	 OPTION_CALL(image_argument_threads, struct build, image)},
	{0, "time", "SECONDS", "clamp times to it (default: SOURCE_DATE_EPOCH, else none)",
	 OPTION_CALL(image_argument_time, struct build, image)},
	{0, "name", "NAME", NULL, OPTION_STRING(struct build, name)},
	{0, "version", "VERSION", "of the package (default: from FILE)",
	 OPTION_STRING(struct build, version)},
	{0, "source-name", "NAME", "what the package calls its source (default: its directory's name)",
	 OPTION_STRING(struct build, source_name)},
	{OPTION_TABLE(launch_request_options, struct build, start)},
	{0, "catalog", "full|near|none", "what the package says of the rest of its source\n"
	 "(default: full where it is small beside the package, else near)",
	 OPTION_CALL(take_catalog, struct build, keep_catalog)},
	{0, "image-config", "FILE", "the source was an image: its configuration, for sfc/image.json",
	 OPTION_STRING(struct build, source_image.path)},
	{0, "no-records", NULL, "leave the distribution's package records out of the package",
	 OPTION_FLAG(struct build, no_records)},
	{OPTION_TABLE(gate_options, struct build, gate)},
	{0, "check", NULL, "read the image back and compare every byte",
	 OPTION_FLAG(struct build, check)},
	{0, "verify", NULL, "the older word for --check", OPTION_FLAG(struct build, check)},
	{0, "verity", NULL, "write verity data beside it: IMAGE.verity, IMAGE.roothash",
	 OPTION_FLAG(struct build, verity)},
	{'n', "dry-run", NULL, "only say what would be packed",
	 OPTION_FLAG(struct build, dry_run)},
	{0, "json", NULL, "the result as JSON", OPTION_FLAG(struct build, json)},
	{'q', "quiet", NULL, "nothing but warnings and errors", OPTION_FLAG(struct build, quiet)},
	{0},
};

static bool parse(struct build *build, int argc, char **argv, int *ret_code)
{
	const struct command *command = &command_build;
	struct error err = ERROR_INIT;
	int r = image_argument_epoch(&build->image, &err);

	if (r == 0 && !command_parse(command, argc, argv, build, ret_code))
		return false;
	if (r == 0 && optind == argc)
		r = error_set(&err, -EINVAL, "no manifest given");
	if (r == 0 && !build->output && !build->dry_run)
		r = error_set(&err, -EINVAL, "no output given (-o)");
	if (r == 0 && build->source_image.path && !build->package)
		r = error_set(&err, -EINVAL, "--image-config goes into a package (--package)");
	if (r == 0)
		build->request.manifest_path = argv[optind];
	for (int i = optind + 1; i < argc && r == 0; i++)
		r = launch_add_arg(&build->start.launch, argv[i], &err);
	if (r < 0)
		*ret_code = command_misused(command, "%s", err.message);
	return r == 0;
}

/* "nginx" of "/srv/nginx.sfc", unless a name was given. */
static char *package_name(const struct build *build)
{
	const char *last = path_name(build->name ? build->name
						 : build->output ? build->output : "package");
	size_t length = strlen(last);

	if (!build->name && length > 4 && strcmp(last + length - 4, ".sfc") == 0)
		length -= 4;
	return strndup(last, length);
}

/* "root" of "/srv/root", unless it was given; of the machine's own root "/". */
static char *source_name(const struct build *build)
{
	_cleanup_(freep) char *whole = realpath(build->request.source_path, NULL);
	const char *name = whole ? path_name(whole) : "";

	return strdup(build->source_name ? build->source_name : *name ? name : "/");
}

/* No file is newer in what is written. */
static int64_t newest_of(const struct build *build)
{
	return build->image.has_time ? build->image.time : INT64_MAX;
}

static int make_package(struct build *build, struct error *err)
{
	struct closure_request *request = &build->request;
	_cleanup_(freep) char *name = package_name(build), *directory = NULL, *source = NULL;
	struct package_options options = {
		.name = name,
		.version = build->version,
		.config = build->start.config,
		.image = build->source_image.path ? &build->source_image.text : NULL,
		.time = build->image.has_time ? build->image.time
					      : package_time(&request->selection),
		.newest = newest_of(build),
		.catalog = &build->catalog.list,
		.keep_catalog = build->keep_catalog,
		.no_records = build->no_records,
	};
	int r;

	directory = build->output && strchr(build->output, '/') ? path_parent(build->output)
								: strdup(".");
	source = source_name(build);
	if (!name || !directory || !source)
		return error_oom(err);
	options.scratch = directory;
	options.source_name = source;
	r = launch_request_merge(&build->start, &build->source_image, &request->launch, err);
	return r < 0 ? r
		     : package_create(request->manifest, &request->selection, request->closure,
				      &request->launch, &options, build->tree, &build->contents, err);
}

static int make_tree(struct build *build, struct error *err)
{
	int r = tree_new(&build->tree);

	if (r < 0)
		return error_oom(err);
	r = build->package ? make_package(build, err)
			   : closure_tree(build->request.closure, tree_root(build->tree), err);
	if (r == 0 && !build->package)
		r = recorded_times_keep(tree_root(build->tree), newest_of(build), err);
	if (r < 0)
		return r;
	if (build->package)
		build->result.totals = *package_totals(build->contents);
	else
		tree_total(tree_root(build->tree), &build->result.totals);
	return closure_request_check_rules(&build->request, err);
}

static int write_image(struct build *build, int fd, struct error *err)
{
	struct image_stats stats = {0};
	int r;

	build->image.progress = build->quiet ? NULL : image_show_progress;
	build->image.progress_data = (void *)"pack";
	build->image.warn = image_show_warning;
	build->image.cancel = &command_cancelled;
	build->image.dry_run = build->dry_run;
	build->image.name = build->output;
	r = image_write(build->tree, &build->image, fd, &stats, err);
	progress_done();
	build->result.image_bytes = stats.bytes_out;
	build->result.image_error = stats.bytes_error;
	return r;
}

/* The image appears under its name when it is whole. */
static int publish(struct build *build, struct error *err)
{
	_cleanup_(io_output_release) struct io_output output = IO_OUTPUT_INIT;
	_cleanup_(verity_release) struct verity verity = VERITY_INIT;
	int r;

	if (build->dry_run) {
		r = write_image(build, -1, err);
		build->too_large = r == 0 && !gate_pass(&build->gate, build->result.image_bytes, &build->why);
		return r;
	}
	r = output_open(&output, build->output, build->force, err);
	if (r == 0)
		r = write_image(build, output.fd, err);
	build->too_large = r == 0 && !gate_pass(&build->gate, build->result.image_bytes, &build->why);
	if (build->too_large)
		return 0;
	if (r == 0 && build->check)
		r = image_verify(build->tree, &build->image, output.fd, build->output, err);
	if (r == 0 && build->json)
		r = digest_fd(output.fd, build->digest, err);
	if (r == 0 && build->verity) {
		r = verity_make(&verity, output.fd, build->output, build->force, err);
		memcpy(build->root_hash, verity.root_hash, sizeof(build->root_hash));
		if (r == 0)
			r = verity_publish(&verity, err);
	}
	return r < 0 ? r : io_publish(&output, err);
}

static double seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

static int say_result(struct build *build, struct error *err)
{
	struct build_result *result = &build->result;

	result->closure = build->request.closure;
	result->output = build->dry_run || build->too_large ? NULL : build->output;
	result->sha256 = result->output ? build->digest : NULL;
	result->root_hash = result->output && build->verity ? build->root_hash : NULL;
	result->gate = build->too_large ? build->why.message : NULL;
	result->uuid = build->contents ? package_uuid(build->contents) : NULL;
	result->profile = build->contents ? package_profile(build->contents) : NULL;
	result->seconds = seconds_since(&build->started);
	build_result_warn(result, build->json || build->quiet);
	if (build->json)
		return json_print(build_result_json(result), err);
	if (!build->quiet)
		build_result_print(result);
	return 0;
}

/* What the source holds is listed while the closure is computed. */
static int begin_catalog(struct build *build, struct error *err)
{
	bool wanted = build->package && build->keep_catalog != PACKAGE_CATALOG_NONE;

	return source_catalog_begin(&build->catalog, build->request.manifest,
				    wanted ? build->request.source_path : NULL, err);
}

static int end_catalog(struct build *build, struct error *err)
{
	int r = source_catalog_end(&build->catalog, err);

	build->result.source_files = build->catalog.list.files;
	build->result.source_bytes = build->catalog.list.file_bytes;
	return r;
}

/* The walk: selection, closure, tree, image, and it appears. */
static int run(struct build *build, struct error *err)
{
	int r;

	build->request.identity = build->package && !build->no_records;
	r = build->dry_run ? 0 : output_check(build->output, build->force, err);
	if (r == 0 && build->verity && !build->force && !build->dry_run)
		r = verity_check_names(build->output, err);
	if (r == 0)
		r = launch_request_load(&build->start, err);
	if (r == 0)
		r = image_source_load(&build->source_image, &build->request.rules, err);
	if (r == 0)
		r = gate_open(&build->gate, err);
	if (r == 0)
		r = closure_request_open(&build->request, err);
	if (r == 0)
		r = begin_catalog(build, err);
	if (r == 0)
		r = closure_request_compute(&build->request, err);
	if (r == 0)
		r = closure_count_listed(build->request.closure, &build->result.listed, err);
	if (r == 0)
		r = end_catalog(build, err);
	if (r == 0)
		r = make_tree(build, err);
	if (r == 0)
		r = publish(build, err);
	return r < 0 ? r : say_result(build, err);
}

static int build_command(int argc, char **argv)
{
	_cleanup_(build_release) struct build build = {.start = LAUNCH_REQUEST_INIT,
							.catalog = SOURCE_CATALOG_INIT};
	struct error err = ERROR_INIT;
	int r, code;

	closure_request_init(&build.request);
	clock_gettime(CLOCK_MONOTONIC, &build.started);
	command_catch_signals();
	build.request.options.cancel = &command_cancelled;
	if (!parse(&build, argc, argv, &code))
		return code;
	r = run(&build, &err);
	if (r < 0)
		log_error("%s", err.message);
	else if (build.too_large)
		log_error("%s", build.why.message);
	return r < 0 ? EXIT_FAILED : build.too_large ? EXIT_DIFFERENT : EXIT_DONE;
}

const struct command command_build = {
	.name = "build",
	.summary = "make an image or a package of what was used",
	.operands = "MANIFEST [-s SOURCE] -o IMAGE [OPTION]… [-- COMMAND [ARG]…]",
	.about = "Pack what the sessions of MANIFEST used of SOURCE, and what that needs to run.",
	.options = command_options,
	.function = build_command,
};
