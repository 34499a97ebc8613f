// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/instrument.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/oci/file_write.h"
#include "pack/oci/relayer.h"
#include "pack/oci/traced_layer.h"

void instrument_result_release(struct instrument_result *result)
{
	free(result->name);
	free(result->user);
}

/* ---- its layer ---- */

static int make_top(int program, const struct instrument_result *result, struct tree **ret_tree,
		    struct error *err)
{
	const struct traced_layer layer = {
		.program = program, .manifest = -1, .id = result->id, .user = result->user};
	_cleanup_(tree_freep) struct tree *tree = NULL;
	int r;

	if (tree_new(&tree) < 0)
		return error_oom(err);
	r = traced_layer_add(tree, &layer, err);
	if (r == 0)
		*ret_tree = take(tree);
	return r;
}

static int open_program(const char *path, int *ret_fd, struct error *err)
{
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	return *ret_fd < 0 ? error_errno(err, "cannot open '%s'", path) : 0;
}

/* ---- all of it ---- */

static int describe(const json_t *config, struct instrument_result *result, struct error *err)
{
	const json_t *start = json_object_get(config, "config");
	const char *user = json_text(json_object_get(start, "Labels"), TRACED_LABEL_USER);
	const json_t *health = json_object_get(start, "Healthcheck");

	result->user = user ? strdup(user) : NULL;
	if (user && !result->user)
		return error_oom(err);
	result->loses_health = json_is_object(health);
	return oci_image_id(config, result->id, err);
}

static int make(const struct instrument_request *request, const struct reference *from,
		const struct reference *to, struct instrument_result *result, struct error *err)
{
	_cleanup_(oci_file_release) struct oci_file file = OCI_FILE_INIT;
	_cleanup_(closep) int program = -1;
	_cleanup_(tree_freep) struct tree *top = NULL;
	_cleanup_(relayer_release) struct relayer relayer = {0};
	_cleanup_(json_freep) json_t *config = NULL;
	struct relayer_options options = {.history = "sfc instrument", .cancel = request->access.cancel};
	struct oci_form form;
	int r = open_program(request->program, &program, err);

	if (r == 0)
		r = oci_file_open(&file, from, &request->access, err);
	if (r == 0)
		r = oci_image_check_platform(file.image, oci_platform_here(), err);
	if (r == 0)
		r = oci_file_name(request->name, from, file.image->ref, to, "traced", &result->name,
				  err);
	if (r == 0)
		r = traced_config(file.image->config, &request->traced, &config, err);
	if (r == 0)
		r = describe(config, result, err);
	if (r == 0)
		r = make_top(program, result, &top, err);
	if (r < 0)
		return r;
	form = oci_file_form(to, file.docker);
	options.name = result->name;
	options.form = form;
	result->loses_health &= !form.docker;
	r = relayer_make(&relayer, file.store, file.image, config, tree_root(top), &options, err);
	if (r < 0)
		return r;
	result->added = relayer.layer_size;
	return oci_file_write(tree_root(relayer.tree), &form, to, request->force, &request->access, err);
}

int instrument(const struct instrument_request *request, struct instrument_result *ret_result,
	       struct error *err)
{
	_cleanup_(reference_release) struct reference from = {0}, to = {0};
	int r = reference_parse(request->image, &from, err);

	*ret_result = (struct instrument_result){0};
	if (r == 0)
		r = reference_parse(request->output, &to, err);
	if (r == 0)
		r = oci_file_check(&to, request->force, err);
	return r < 0 ? r : make(request, &from, &to, ret_result, err);
}
