// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/slim_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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

int slim_publish(struct slim *slim, struct error *err)
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
