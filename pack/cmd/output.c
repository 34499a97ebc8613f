// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/output.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"

int output_check(const char *path, bool force, struct error *err)
{
	struct stat st;

	/* what is no file is refused by who would write it, in its own words */
	if (!path || force || stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	return error_set(err, -EEXIST, "'%s' is there already; --force replaces it", path);
}

int output_open(struct io_output *output, const char *path, bool force, struct error *err)
{
	int r = output_check(path, force, err);

	if (r == 0)
		r = io_output_open(output, path, 0644, err);
	if (r == 0)
		output->only_new = !force;
	return r;
}

int output_json(const char *path, bool force, const json_t *json, struct error *err)
{
	_cleanup_(io_output_release) struct io_output output = IO_OUTPUT_INIT;
	_cleanup_(freep) char *text = NULL;
	int r;

	if (!path)
		return json_print(json_incref((json_t *)json), err);
	text = json_document(json);
	if (!text)
		return error_oom(err);
	r = output_open(&output, path, force, err);
	if (r == 0 && (r = io_write(output.fd, text, strlen(text))) < 0)
		return error_code(err, r, "cannot write '%s'", path);
	return r < 0 ? r : io_publish(&output, err);
}
