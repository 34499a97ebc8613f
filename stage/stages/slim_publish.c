// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/slim_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/digest.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "db/manifest.h"
#include "stage/cancel.h"
#include "stage/stages/deliver.h"
#include "stage/stages/tracepack.h"

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

/* Under its name when it is whole. */
static int publish_package(const struct slim *slim, int package, const char *output, struct error *err)
{
	if (fchmod(package, 0644) < 0)
		return error_errno(err, "cannot open the package");
	if (rename(slim->package, output) == 0)
		return 0;
	return errno == EXDEV ? copy_package(package, output, err)
			      : error_errno(err, "cannot write '%s'", output);
}

static int publish_image(const struct slim *slim, struct text *said, struct error *err)
{
	const struct slim_request *request = slim->request;
	const struct delivery delivery = {
		.package = slim->package,
		.to = request->image,
		.name = request->image_name,
		.access = request->access,
		.changes = request->changes,
		.tmpdir = request->scratch->path,
		.force = request->force,
	};

	return deliver(&delivery, said, err);
}

/* One run is all there is, and nothing else was asked to come along. */
static bool wants_advice(const struct slim *slim)
{
	const spec_strings *packer = slim->request->packer;

	for (size_t i = 0; i < packer->count; i++)
		if (strncmp(packer->items[i], "--margin", 8) == 0)
			return false;
	return true;
}

static int report_all(struct slim *slim, off_t size, const char *digest, struct error *err)
{
	const struct slim_request *request = slim->request;
	const char *package = request->image ? request->keep_package : request->output;
	_cleanup_(text_release) struct text text = TEXT_INIT;

	text_printf(&text, "%s  ", request->image ? request->output : path_name(request->output));
	text_add_size(&text, (unsigned long long)size);
	if (!request->image)
		text_printf(&text, "  %s", digest);
	text_add(&text, "\n");
	if (wants_advice(slim))
		text_add(&text, "        one run saw this: --margin near takes along what lies near, "
				"tracepack stat --margins weighs it\n");
	report_text(slim->report, text.bytes);
	if (request->image)
		report_fact(slim->report, "image", json_path(request->output));
	report_fact(slim->report, "result", json_string("written"));
	report_fact(slim->report, "package", json_path(package));
	report_fact(slim->report, "digest", json_string(digest));
	report_fact(slim->report, "bytes", json_integer((json_int_t)size));
	return report_finish(slim->report, request->image ? request->output : digest, err);
}

static int publish(struct slim *slim, int package, struct text *said, struct error *err)
{
	const struct slim_request *request = slim->request;
	int r = request->image ? publish_image(slim, said, err)
			       : publish_package(slim, package, request->output, err);

	return r == 0 && request->keep_package ? publish_package(slim, package, request->keep_package, err) : r;
}

int slim_publish(struct slim *slim, struct text *said, struct error *err)
{
	_cleanup_(closep) int package = open(slim->package, O_RDONLY | O_CLOEXEC);
	char hex[DIGEST_HEX_SIZE], name[DIGEST_HEX_SIZE + 8];
	struct stat st;
	int r = keep_manifest(slim, err);

	if (r < 0)
		return r;
	if (package < 0 || fstat(package, &st) < 0)
		return error_errno(err, "cannot open the package");
	r = digest_fd(package, hex, err);
	if (r == 0)
		r = publish(slim, package, said, err);
	if (r == -EINTR && cancel_signal()) {
		slim->result = SLIM_INTERRUPTED;
		slim->status = 128 + cancel_signal();
		return 0;
	}
	snprintf(name, sizeof(name), "sha256:%s", hex);
	if (r == 0)
		r = report_all(slim, st.st_size, name, err);
	if (r < 0)
		return r;
	if (!slim->test->served && slim->status) {
		slim->result = SLIM_COMMAND_FAILED;
		error_set(err, 0, "%s; the package does the same", slim->test->said);
	}
	return 1;
}

static json_t *lines_json(const char *lines)
{
	json_t *array = json_array();
	size_t length;

	for (; array && *lines; lines += length + (lines[length] == '\n')) {
		_cleanup_(freep) char *line = strndup(lines, length = strcspn(lines, "\n"));

		json_array_append_new(array, json_path(line));
	}
	return array;
}

/* It is packed, to be listed and weighed, and goes with the scratch directory. */
int slim_dry_run(struct slim *slim, struct error *err)
{
	_cleanup_(text_release) struct text paths = TEXT_INIT;
	int r = tracepack_list(slim->package, &paths, err);

	if (r == 0)
		r = keep_manifest(slim, err);
	if (r < 0)
		return r;
	if (!paths.size)
		return error_set(err, -EIO, "nothing would be kept");
	report_text(slim->report, paths.bytes);
	report_fact(slim->report, "files", lines_json(paths.bytes));
	report_fact(slim->report, "package", json_null());
	report_fact(slim->report, "result", json_string("dry run"));
	paths.bytes[paths.size - 1] = '\0'; /* the last line's end is printed */
	r = report_finish(slim->report, paths.bytes, err);
	return r < 0 ? r : 1;
}
