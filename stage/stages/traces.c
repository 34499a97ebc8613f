// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/traces.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/path.h"
#include "pack/engine/export_source.h"
#include "pack/oci/change.h"
#include "pack/oci/file_write.h"
#include "pack/oci/image_config.h"
#include "pack/oci/relayer.h"
#include "pack/oci/slim_config.h"
#include "stage/stages/traces_private.h"

static void traces_release(struct traces *traces)
{
	for (size_t i = 0; i < traces->files.count; i++)
		free(traces->files.items[i]);
	array_release(&traces->files);
	oci_file_release(&traces->file);
	reference_release(&traces->from);
	reference_release(&traces->to);
	free(traces->manifest);
	free(traces->root);
	free(traces->packed);
	free(traces->start);
	free(traces->image);
	work_dir_release(&traces->work);
}

void traces_result_release(struct traces_result *result)
{
	free(result->name);
}

static int make_work(struct traces *traces, struct error *err)
{
	int r = work_dir_make(&traces->work, NULL, "sfc-traces", err);

	if (r < 0)
		return r;
	traces->manifest = path_join(traces->work.path, "all.db");
	traces->root = path_join(traces->work.path, "root");
	traces->packed = path_join(traces->work.path, "slim.sqfs");
	traces->start = path_join(traces->work.path, "start.json");
	traces->image = path_join(traces->work.path, "image.json");
	return traces->manifest && traces->root && traces->packed && traces->start && traces->image ? 0
												    : error_oom(err);
}

/* ---- the image ---- */

/* What the image says of itself: what it said, but for what was asked to be otherwise. */
static int make_config(struct traces *traces, json_t **ret_config, struct error *err)
{
	_cleanup_(image_config_release) struct image_config checked = IMAGE_CONFIG_INIT;
	_cleanup_(json_freep) json_t *config = NULL;
	const spec_strings *changes = traces->request->changes;
	int r = slim_config(traces->file.image->config, traces->id, &config, err);

	for (size_t i = 0; r == 0 && i < changes->count; i++)
		r = change_apply(json_object_get(config, "config"), changes->items[i], err);
	if (r == 0 && changes->count)
		r = image_config_from_json(config, &checked, err);
	if (r == 0)
		*ret_config = take(config);
	return r;
}

static int write_image(struct traces *traces, struct error *err)
{
	_cleanup_(export_source_release) struct export_source source = EXPORT_SOURCE_INIT;
	_cleanup_(relayer_release) struct relayer relayer = {0};
	_cleanup_(json_freep) json_t *config = NULL;
	const struct oci_image none = {0};
	struct relayer_options options = {.history = "sfc slim --traces",
					  .cancel = traces->request->access.cancel};
	struct oci_form form = oci_file_form(&traces->to, traces->file.docker);
	int r = oci_file_name(traces->request->name, &traces->from, traces->file.image->ref, &traces->to,
			      "slim", &traces->result->name, err);

	if (r == 0)
		r = export_source_open(&source, traces->packed, traces->work.path, traces->request->access.cancel, err);
	if (r == 0)
		r = make_config(traces, &config, err);
	if (r < 0)
		return r;
	options.name = traces->result->name;
	options.form = form;
	r = relayer_make(&relayer, traces->file.store, &none, config, tree_root(source.tree), &options,
			 err);
	if (r < 0)
		return r;
	traces->result->size = relayer.layer_size;
	return oci_file_write(tree_root(relayer.tree), &form, &traces->to, traces->request->force,
			      &traces->request->access, err);
}

/* Bytes of the image's layers as they are stored. */
static int measure(struct traces *traces, struct error *err)
{
	const struct oci_image *image = traces->file.image;

	for (size_t i = 0; i < image->layers.count; i++) {
		_cleanup_(oci_blob_release) struct oci_blob blob = OCI_BLOB_INIT;
		int r = oci_blob_open(traces->file.store, image->layers.items[i].path, &blob, err);

		if (r < 0)
			return r;
		traces->result->was += blob.size;
	}
	return 0;
}

static int open_image(struct traces *traces, struct error *err)
{
	const struct traces_request *request = traces->request;
	int r = reference_parse(request->image, &traces->from, err);

	if (r == 0)
		r = reference_parse(request->output, &traces->to, err);
	if (r == 0)
		r = oci_file_check(&traces->to, request->force, err);
	if (r == 0)
		r = oci_file_open(&traces->file, &traces->from, &request->access, err);
	if (r == 0)
		r = oci_image_id(traces->file.image->config, traces->id, err);
	if (r == 0 && oci_image_is_traced(traces->file.image->config))
		return error_set(err, -EINVAL, "'%s' is the traced image; name the one it was made from",
				 request->image);
	return r < 0 ? r : measure(traces, err);
}

int traces_slim(const struct traces_request *request, struct traces_result *ret_result,
		struct text *said, struct error *err)
{
	_cleanup_(traces_release) struct traces traces = {.request = request, .result = ret_result,
							  .file = OCI_FILE_INIT};
	int r;

	*ret_result = (struct traces_result){0};
	if (geteuid() != 0)
		return error_set(err, -EPERM, "unpacking an image with its owners takes root");
	r = open_image(&traces, err);
	if (r == 0)
		r = traces_find(&traces, err);
	if (r == 0)
		r = traces_check(&traces, err);
	if (r == 0)
		r = make_work(&traces, err);
	if (r == 0)
		r = traces_merge(&traces, said, err);
	if (r == 0)
		r = traces_unpack(&traces, said, err);
	if (r == 0)
		r = traces_build(&traces, said, err);
	if (r == 0 && request->verify)
		r = request->verify(request->data, traces.packed, traces.root, err);
	if (r == 0)
		r = write_image(&traces, err);
	return r != 0 ? r : traces_keep_manifest(&traces, said, err);
}
