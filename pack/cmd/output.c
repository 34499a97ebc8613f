// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/output.h"

#include <errno.h>
#include <sys/stat.h>

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
