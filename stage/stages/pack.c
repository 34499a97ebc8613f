// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/pack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/program.h"
#include "stage/instance/app.h"
#include "stage/instance/guarded.h"
#include "stage/layer/base.h"
#include "stage/layer/dev.h"
#include "stage/layer/scratch.h"
#include "stage/layer/view.h"
#include "stage/mount/own.h"
#include "stage/stages/deliver.h"
#include "stage/stages/tracepack.h"
#include "stage/state/claim.h"

enum { RESULT_MAX = 64 << 20 };

/* ---- argument lists ---- */

static void word_list(struct tracepack_words *words, const spec_strings *strings)
{
	for (size_t i = 0; i < strings->count; i++)
		tracepack_word(words, strings->items[i]);
}

/* ---- what is there ---- */

static int check(struct state *state, const struct pack_request *request, struct dev *ret_dev,
		 char **ret_manifest, struct error *err)
{
	_cleanup_(freep) char *manifest = state_path(state, "test/%s/manifest.db", request->name);
	int r;

	if (!manifest)
		return error_oom(err);
	if (!request->image && access(request->output, F_OK) == 0 && !request->force)
		return error_set(err, -EEXIST, "'%s' is there already; --force replaces it",
				 request->output);
	r = dev_must_exist(state, request->name, ret_dev, err);
	if (r < 0)
		return r;
	if (access(manifest, F_OK) < 0)
		return error_set(err, -ENOENT,
				 "'%s' has not been tested; 'sfc test %s -- COMMAND' says what it needs",
				 request->name, request->name);
	*ret_manifest = take(manifest);
	return 0;
}

/* ---- misses ---- */

/* The manifests of an application's guards. */
static int missed_by(struct state *state, const char *app, spec_strings *paths, struct error *err)
{
	_cleanup_(looks_release) struct looks looks = LOOKS_INIT;
	int r = app_must_exist(state, app, NULL, err);

	if (r == 0)
		r = look_read(state, app, &looks, err);
	for (size_t i = 0; r == 0 && i < looks.count; i++)
		r = guarded_collect(state, &looks.items[i], paths, err);
	return r;
}

static int merge_misses(struct state *state, const struct pack_request *request, const char *manifest,
			struct error *err)
{
	_cleanup_(spec_strings_release) spec_strings paths = ARRAY_INIT;
	_cleanup_(text_release) struct text said = TEXT_INIT;
	_cleanup_(tracepack_words_release) struct tracepack_words words = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < request->misses->count; i++)
		r = missed_by(state, request->misses->items[i], &paths, err);
	if (r < 0 || !paths.count)
		return r;
	tracepack_word(&words, "tracepack");
	tracepack_word(&words, "merge");
	tracepack_word(&words, "--quiet");
	tracepack_word(&words, manifest);
	word_list(&words, &paths);
	return tracepack_run(&words, NULL, NULL, &said, err);
}

/* ---- packing ---- */

static int build(const struct pack_request *request, const char *output, const char *manifest, const char *view,
		 const char *image, struct text *result, struct text *said, struct error *err)
{
	_cleanup_(tracepack_words_release) struct tracepack_words words = {0};

	tracepack_word(&words, "tracepack");
	tracepack_word(&words, "build");
	tracepack_word(&words, manifest);
	tracepack_word(&words, "-s");
	tracepack_word(&words, view);
	tracepack_word(&words, "-o");
	tracepack_word(&words, output);
	tracepack_word(&words, "--package");
	tracepack_word(&words, "--name");
	tracepack_word(&words, request->app);
	tracepack_word(&words, "--source-name");
	tracepack_word(&words, request->name);
	if (image) {
		tracepack_word(&words, "--image-config");
		tracepack_word(&words, image);
	}
	if (request->force)
		tracepack_word(&words, "--force");
	if (request->dry_run)
		tracepack_word(&words, "--dry-run");
	if (request->json)
		tracepack_word(&words, "--json");
	if (request->quiet)
		tracepack_word(&words, "--quiet");
	tracepack_option(&words, "--margin", TRACEPACK_MARGIN);
	word_list(&words, request->packer);
	if (request->args->count)
		tracepack_word(&words, "--");
	word_list(&words, request->args);
	tracepack_word(&words, NULL);
	if (words.failed)
		return error_oom(err);
	return program_run(words.items, result, said, err);
}

/* The package is ours: what was written is the image. */
static int print_result(const struct pack_request *request, const struct text *result, struct error *err)
{
	json_t *json = NULL;
	int r = json_read(result->bytes, result->size, RESULT_MAX, &json, err);

	if (r < 0)
		return r;
	if (json_is_string(json_object_get(json, "output")))
		json_set(json, "output", json_path(request->output));
	return json_print(json, err);
}

static int deliver_package(const struct pack_request *request, const char *package, const char *tmpdir,
			   struct text *said, struct error *err)
{
	_cleanup_(text_release) struct text own = TEXT_INIT;
	const struct delivery delivery = {
		.package = package,
		.to = request->image,
		.access = request->access,
		.changes = request->changes,
		.tmpdir = tmpdir,
		.force = request->force,
	};
	int r = deliver(&delivery, &own, err);
	char *rest = NULL;

	if (r < 0 || !own.size)
		return r;
	for (char *line = strtok_r(own.bytes, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		text_printf(said, "tracepack: %s\n", line);
	return text_failed(said) ? error_oom(err) : 0;
}

/* By way of a package of ours. */
static int build_image(struct state *state, const struct pack_request *request, const char *manifest,
		       const char *view, const char *image, struct text *said, struct error *err)
{
	_cleanup_(scratch_release) struct scratch scratch = SCRATCH_INIT;
	_cleanup_(text_release) struct text result = TEXT_INIT;
	_cleanup_(freep) char *package = NULL;
	int status, r = scratch_make(state, "pack", &scratch, err);

	if (r == 0 && asprintf(&package, "%s/%s.sfc", scratch.path, request->app) < 0) {
		package = NULL;
		r = error_oom(err);
	}
	if (r < 0)
		return r;
	status = build(request, package, manifest, view, image, request->json ? &result : NULL, said, err);
	if (status == 0 && !request->dry_run)
		r = deliver_package(request, package, scratch.path, said, err);
	if (r == 0 && request->json && result.size)
		r = print_result(request, &result, err);
	return r < 0 ? r : status;
}

int pack_run(struct state *state, const struct pack_request *request, struct text *said,
	     struct error *err)
{
	_cleanup_(freep) char *manifest = NULL, *view = NULL, *image = NULL;
	_cleanup_(dev_release) struct dev dev = DEV_INIT;
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	char object[160];
	int r = state_check_name("an application", request->app, err);

	snprintf(object, sizeof(object), "test/%.100s", request->name);
	if (r == 0)
		r = check(state, request, &dev, &manifest, err);
	if (r == 0)
		r = claim_take(state, object, &claim, err);
	if (r == 0)
		r = merge_misses(state, request, manifest, err);
	if (r == 0)
		r = own_mounts_begin(err);
	if (r == 0)
		r = view_mount(state, &dev, &view, err);
	if (r == 0)
		r = base_image_config(state, dev.base, &image, err);
	if (r < 0)
		return r;
	return request->image ? build_image(state, request, manifest, view, image, said, err)
			      : build(request, request->output, manifest, view, image, NULL, said, err);
}
