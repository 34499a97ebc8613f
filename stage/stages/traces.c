// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/traces.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/base/program.h"
#include "db/manifest.h"
#include "db/session.h"
#include "pack/engine/export_source.h"
#include "pack/layer/extract_dir.h"
#include "pack/oci/file_write.h"
#include "pack/oci/relayer.h"
#include "pack/oci/slim_config.h"
#include "pack/oci/traced_config.h"

struct traces {
	const struct traces_request *request;
	struct traces_result *result;
	struct reference from, to;
	struct oci_file file;
	char id[OCI_IMAGE_ID_SIZE];
	ARRAY(char *) files; /* owned */
	char *work;	     /* a directory of our own, removed in the end; owned */
	char *manifest, *root, *packed; /* in it; owned */
};

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
	if (traces->work) {
		int fd = open(traces->work, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

		if (fd >= 0) {
			extract_remove_below(fd);
			close(fd);
		}
		rmdir(traces->work);
		free(traces->work);
	}
}

void traces_result_release(struct traces_result *result)
{
	free(result->name);
}

/* ---- the traces ---- */

static int add_file(struct traces *traces, char *path, struct error *err)
{
	if (path && array_push(&traces->files, path) == 0)
		return 0;
	free(path);
	return error_oom(err);
}

static bool is_manifest(const char *name)
{
	size_t length = strlen(name);

	return name[0] != '.' && length > 3 && strcmp(name + length - 3, ".db") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_directory(struct traces *traces, const char *directory, struct error *err)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, NULL, by_name), r = 0;
	size_t before = traces->files.count;

	if (count < 0)
		return error_errno(err, "cannot list the traces in '%s'", directory);
	for (int i = 0; i < count; i++) {
		if (r == 0 && is_manifest(entries[i]->d_name))
			r = add_file(traces, path_join(directory, entries[i]->d_name), err);
		free(entries[i]);
	}
	free(entries);
	if (r == 0 && traces->files.count == before)
		return error_set(err, -ENOENT, "there is no trace (*.db) in '%s'", directory);
	return r;
}

static int find_files(struct traces *traces, struct error *err)
{
	const spec_strings *given = traces->request->traces;
	int r = 0;

	for (size_t i = 0; r == 0 && i < given->count; i++) {
		struct stat st;

		if (stat(given->items[i], &st) < 0)
			r = error_errno(err, "cannot open the trace '%s'", given->items[i]);
		else if (S_ISDIR(st.st_mode))
			r = add_directory(traces, given->items[i], err);
		else
			r = add_file(traces, strdup(given->items[i]), err);
	}
	return r;
}

/* What a trace was made of has to be this image. */
static int check_file(struct traces *traces, const char *path, struct error *err)
{
	_cleanup_(session_list_release) struct session_list list = {0};
	_cleanup_(manifest_closep) struct manifest *manifest = NULL;
	char wanted[sizeof(TRACED_SESSION) + OCI_IMAGE_ID_SIZE];
	int r = manifest_open(path, MANIFEST_READ, &manifest, err);

	if (r == 0)
		r = session_list_read(manifest, &list, err);
	if (r < 0)
		return error_prefix(err, r, "trace '%s'", path);
	snprintf(wanted, sizeof(wanted), "%s%s", TRACED_SESSION, traces->id);
	for (size_t i = 0; i < list.count && !traces->request->other_image; i++)
		if (strcmp(list.items[i].source, wanted) != 0)
			return error_set(err, -EINVAL,
					 "the trace '%s' is of %s, and not of this image, %s; --other-image "
					 "takes it all the same",
					 path, list.items[i].source, traces->id);
	traces->result->sessions += list.count;
	traces->result->files++;
	return 0;
}

static int check_files(struct traces *traces, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < traces->files.count; i++)
		r = check_file(traces, traces->files.items[i], err);
	return r;
}

/* ---- tracepack ---- */

struct words {
	const char **items;
	size_t count, capacity;
	bool failed;
};

static void words_release(struct words *words)
{
	array_release(words);
}

static void word(struct words *words, const char *text)
{
	words->failed |= array_push(words, text) < 0;
}

/* tracepack NAME …: what it says when it fails becomes ours, and what it warns of goes to `said`. */
static int tracepack(struct words *words, const volatile int *cancel, struct text *said,
		     struct error *err)
{
	_cleanup_(text_release) struct text own = TEXT_INIT;
	const char *line;
	int r;

	word(words, NULL);
	if (words->failed)
		return error_oom(err);
	r = program_run_until(words->items, NULL, &own, cancel, err);
	if (r < 0)
		return r;
	if (r == 0) {
		text_add_bytes(said, own.bytes ? own.bytes : "", own.size);
		return text_failed(said) ? error_oom(err) : 0;
	}
	line = program_line(&own, "tracepack: ");
	if (strncmp(line, "tracepack: ", 11) == 0)
		line = strchr(line + 11, ':') ? strchr(line + 11, ':') + 2 : line + 11;
	return error_set(err, -EIO, "%s", line);
}

static int make_work(struct traces *traces, struct error *err)
{
	const char *tmpdir = getenv("TMPDIR");

	if (asprintf(&traces->work, "%s/sfc-traces.XXXXXX", tmpdir && *tmpdir ? tmpdir : "/var/tmp") < 0) {
		traces->work = NULL;
		return error_oom(err);
	}
	if (!mkdtemp(traces->work)) {
		int r = error_errno(err, "cannot make a directory like '%s'", traces->work);

		free(take(traces->work));
		return r;
	}
	traces->manifest = path_join(traces->work, "all.db");
	traces->root = path_join(traces->work, "root");
	traces->packed = path_join(traces->work, "slim.sqfs");
	return traces->manifest && traces->root && traces->packed ? 0 : error_oom(err);
}

static int unpack(struct traces *traces, struct text *said, struct error *err)
{
	_cleanup_(words_release) struct words words = {0};

	word(&words, "tracepack");
	word(&words, "import");
	word(&words, "--quiet");
	word(&words, traces->file.path);
	if (traces->from.name && !reference_is_remote(&traces->from)) {
		word(&words, "--ref");
		word(&words, traces->from.name);
	}
	if (traces->file.is_archive) { /* what is both is read here as it was there */
		word(&words, "--type");
		word(&words, "docker");
	}
	if (traces->request->access.platform) {
		word(&words, "--platform");
		word(&words, traces->request->access.platform);
	}
	word(&words, "-o");
	word(&words, traces->root);
	return tracepack(&words, traces->request->access.cancel, said, err);
}

static int merge(struct traces *traces, struct text *said, struct error *err)
{
	_cleanup_(words_release) struct words words = {0};

	word(&words, "tracepack");
	word(&words, "merge");
	word(&words, "--quiet");
	word(&words, traces->manifest);
	for (size_t i = 0; i < traces->files.count; i++)
		word(&words, traces->files.items[i]);
	return tracepack(&words, traces->request->access.cancel, said, err);
}

static int build(struct traces *traces, struct text *said, struct error *err)
{
	_cleanup_(words_release) struct words words = {0};

	word(&words, "tracepack");
	word(&words, "build");
	word(&words, "--quiet");
	word(&words, traces->manifest);
	word(&words, "-s");
	word(&words, traces->root);
	word(&words, "-o");
	word(&words, traces->packed);
	word(&words, "--level");
	word(&words, "1"); /* it is read once, and goes into another layer */
	if (slim_config_names_user(traces->file.image->config)) {
		word(&words, "--include");
		word(&words, "/etc/passwd");
		word(&words, "--include");
		word(&words, "/etc/group");
	}
	for (size_t i = 0; i < traces->request->packer->count; i++)
		word(&words, traces->request->packer->items[i]);
	return tracepack(&words, traces->request->access.cancel, said, err);
}

/* ---- the image ---- */

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
		r = export_source_open(&source, traces->packed, traces->work, traces->request->access.cancel, err);
	if (r == 0)
		r = slim_config(traces->file.image->config, traces->id, &config, err);
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

static int keep_manifest(struct traces *traces, struct text *said, struct error *err)
{
	_cleanup_(words_release) struct words words = {0};

	if (!traces->request->keep_manifest)
		return 0;
	word(&words, "tracepack");
	word(&words, "merge");
	word(&words, "--quiet");
	word(&words, traces->request->keep_manifest);
	word(&words, traces->manifest);
	return tracepack(&words, traces->request->access.cancel, said, err);
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
		r = find_files(&traces, err);
	if (r == 0)
		r = check_files(&traces, err);
	if (r == 0)
		r = make_work(&traces, err);
	if (r == 0)
		r = merge(&traces, said, err);
	if (r == 0)
		r = unpack(&traces, said, err);
	if (r == 0)
		r = build(&traces, said, err);
	if (r == 0)
		r = write_image(&traces, err);
	return r < 0 ? r : keep_manifest(&traces, said, err);
}
