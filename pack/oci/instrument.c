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
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/path.h"
#include "pack/layer/extract.h"
#include "pack/layer/extract_dir.h"
#include "pack/oci/relayer.h"
#include "pack/oci/write.h"

void instrument_result_release(struct instrument_result *result)
{
	free(result->name);
	free(result->user);
}

/* ---- its name ---- */

/* "/srv/My Web.tar" → "my-web". The caller frees; NULL: out of memory. */
static char *name_of_path(const char *path)
{
	char *name = strdup(path_name(path)), *dot = name ? strrchr(name, '.') : NULL;

	if (dot && dot != name)
		*dot = '\0';
	for (char *c = name; c && *c; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c |= 0x20;
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789", *c))
			*c = '-';
	}
	return name;
}

/* A layout has tags only, an archive whole names. */
static int find_name(const struct instrument_request *request, const struct oci_words *from,
		     const struct oci_words *to, const char *ref, char **ret_name, struct error *err)
{
	_cleanup_(freep) char *base = name_of_path(from->path);
	const char *colon = ref ? strrchr(ref, ':') : NULL;
	bool whole = ref && strpbrk(ref, ":/"), tagged = colon && !strchr(colon, '/');
	int n;

	if (!base)
		return error_oom(err);
	if (request->name)
		n = asprintf(ret_name, "%s", request->name);
	else if (to->ref && to->kind != OCI_FILE_OCI_DIRECTORY)
		n = asprintf(ret_name, "%s", to->ref);
	else if (to->ref)
		n = asprintf(ret_name, "%s:%s", base, to->ref);
	else if (whole)
		n = asprintf(ret_name, tagged ? "%s-traced" : "%s:traced", ref);
	else
		n = asprintf(ret_name, "%s:%s%straced", base, ref ? ref : "", ref ? "-" : "");
	if (n < 0)
		return error_oom(err);
	return oci_name_check(*ret_name, err);
}

/* ---- its layer ---- */

static int make_top(int program, struct tree **ret_tree, struct error *err)
{
	_cleanup_(tree_freep) struct tree *tree = NULL;
	struct node *node;
	struct stat st;

	if (fstat(program, &st) < 0)
		return error_errno(err, "cannot read tracefs");
	if (tree_new(&tree) < 0 || tree_insert(tree, TRACED_PROGRAM, S_IFREG | 0755, &node, NULL) < 0)
		return error_oom(err);
	node->inode->size = (uint64_t)st.st_size;
	node->inode->content.kind = CONTENT_RANGE;
	node->inode->content.fd = program;
	if (tree_insert(tree, TRACED_VOLUME, S_IFDIR | 0700, &node, NULL) < 0)
		return error_oom(err);
	*ret_tree = take(tree);
	return 0;
}

static int open_program(const char *path, int *ret_fd, struct error *err)
{
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	return *ret_fd < 0 ? error_errno(err, "cannot open '%s'", path) : 0;
}

/* ---- where it goes ---- */

static int write_directory(struct node *root, const char *path, const volatile int *cancel,
			   struct error *err)
{
	_cleanup_(extract_dir_release) struct extract_dir dir = EXTRACT_DIR_INIT;
	struct extract_options options = {.cancel = cancel};
	struct extract_stats stats = {0};
	int r = extract_dir_open(&dir, path, err);

	if (r == 0)
		r = extract_tree(root, dir.fd, &options, &stats, err);
	return r < 0 ? r : extract_dir_publish(&dir, 0755, err);
}

static int write_archive(struct node *root, const char *path, bool force,
			 const volatile int *cancel, struct error *err)
{
	_cleanup_(io_output_release) struct io_output output = IO_OUTPUT_INIT;
	struct layer_write_options options = {.cancel = cancel};
	struct layer_written written;
	int r = io_output_open(&output, path, 0644, err);

	if (r < 0)
		return r;
	output.only_new = !force;
	r = layer_write(root, &options, output.fd, &written, err);
	if (r < 0)
		return error_prefix(err, r, "'%s'", path);
	return io_publish(&output, err);
}

static int check_output(const struct oci_words *to, bool force, struct error *err)
{
	struct stat st;

	if (to->kind == OCI_FILE_OCI_DIRECTORY || force || lstat(to->path, &st) < 0)
		return 0;
	return error_set(err, -EEXIST, "'%s' exists; use --force to replace it", to->path);
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

static int make(const struct instrument_request *request, const struct oci_words *from,
		const struct oci_words *to, struct instrument_result *result, struct error *err)
{
	_cleanup_(oci_file_release) struct oci_file file = OCI_FILE_INIT;
	_cleanup_(closep) int program = -1;
	_cleanup_(tree_freep) struct tree *top = NULL;
	_cleanup_(relayer_release) struct relayer relayer = {0};
	_cleanup_(json_freep) json_t *config = NULL;
	struct relayer_options options = {.history = "sfc instrument", .cancel = request->cancel};
	int r = open_program(request->program, &program, err);

	if (r == 0)
		r = oci_file_open(&file, from, NULL, err);
	if (r == 0)
		r = oci_image_check_platform(file.image, oci_platform_here(), err);
	if (r == 0)
		r = find_name(request, from, to, file.image->ref, &result->name, err);
	if (r == 0)
		r = traced_config(file.image->config, &request->traced, &config, err);
	if (r == 0)
		r = describe(config, result, err);
	if (r == 0)
		r = make_top(program, &top, err);
	if (r < 0)
		return r;
	options.name = result->name;
	options.docker = to->kind == OCI_FILE_DOCKER ||
			 (to->kind == OCI_FILE_ANY && file.kind == OCI_FILE_DOCKER);
	options.directory = to->kind == OCI_FILE_OCI_DIRECTORY;
	result->loses_health &= !options.docker;
	r = relayer_make(&relayer, file.store, file.image, config, tree_root(top), &options, err);
	if (r < 0)
		return r;
	result->added = relayer.layer_size;
	return options.directory ? write_directory(tree_root(relayer.tree), to->path, request->cancel, err)
				 : write_archive(tree_root(relayer.tree), to->path, request->force,
						 request->cancel, err);
}

int instrument(const struct instrument_request *request, struct instrument_result *ret_result,
	       struct error *err)
{
	_cleanup_(oci_words_release) struct oci_words from = {0}, to = {0};
	int r = oci_words_parse(&from, request->image, err);

	*ret_result = (struct instrument_result){0};
	if (r == 0)
		r = oci_words_parse(&to, request->output, err);
	if (r == 0)
		r = check_output(&to, request->force, err);
	return r < 0 ? r : make(request, &from, &to, ret_result, err);
}
