// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/unit_file.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"

int unit_file_directory(const char *path, struct error *err)
{
	_cleanup_(freep) char *above = path_parent(path);

	if (mkdir(path, 0755) == 0 || errno == EEXIST)
		return 0;
	if (errno != ENOENT || !above || unit_file_directory(above, err) < 0 || mkdir(path, 0755) < 0)
		return error_errno(err, "cannot make '%s'", path);
	return 0;
}

int unit_file_write(const char *path, const struct text *text, struct error *err)
{
	_cleanup_(io_output_release) struct io_output output = IO_OUTPUT_INIT;
	int r = io_output_open(&output, path, 0644, err);

	if (r == 0) {
		r = io_write(output.fd, text->bytes, text->size);
		if (r < 0)
			return error_code(err, r, "cannot write '%s'", path);
	}
	return r < 0 ? r : io_publish(&output, err);
}

int unit_file_link(const char *directory, const char *wants, const char *file, struct error *err)
{
	_cleanup_(freep) char *place = path_join(directory, wants), *path = place ? path_join(place, file) : NULL;
	_cleanup_(freep) char *target = path_join("..", file);
	int r = path && target ? unit_file_directory(place, err) : error_oom(err);

	if (r < 0)
		return r;
	unlink(path);
	return symlink(target, path) < 0 ? error_errno(err, "cannot make '%s'", path) : 0;
}
