// SPDX-License-Identifier: BSD-2-Clause
/* What a package is, before anything of it runs. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "pack/package/description.h"
#include "stage/layer/package.h"
#include "stage/mount/mount.h"

static int read_description(int mount, char **ret_name, struct error *err)
{
	_cleanup_(closep) int fd =
		mount_open_in(mount, "sfc/package.json",
			      O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, 0);
	struct description description = {.name = NULL};
	_cleanup_(freep) char *text = NULL;
	struct stat st;
	ssize_t n;
	int r;

	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return error_code(err, fd, "cannot read sfc/package.json");
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return error_set(err, -EBADMSG, "sfc/package.json is not a file");
	if (st.st_size > START_CONFIG_MAX)
		return error_set(err, -EFBIG, "sfc/package.json is larger than %d bytes", START_CONFIG_MAX);
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return error_oom(err);
	n = io_read(fd, text, (size_t)st.st_size);
	if (n < 0)
		return error_code(err, (int)n, "cannot read sfc/package.json");
	r = description_parse(text, (size_t)n, &description, err);
	if (r == 0)
		*ret_name = take(description.name);
	description_release(&description);
	return r < 0 ? error_prefix(err, r, "sfc/package.json") : 0;
}

static int check_package(int mount, spec_strings *ret_asks, struct error *err)
{
	_cleanup_(layer_start_release) struct layer_start start = {.given = false};
	_cleanup_(closep) int rootfs = -1;
	int r = layer_start_read(mount, &start, err);

	if (r < 0)
		return r;
	rootfs = mount_open_in(mount, "rootfs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (rootfs < 0)
		return error_set(err, -EBADMSG, rootfs == -ENOENT ? "not a package: there is no directory rootfs in it"
								  : "rootfs is not a directory");
	if (!start.given)
		return error_set(err, -EBADMSG, "not a package: there is no config.json in it");
	for (size_t i = 0; r == 0 && i < start.config.asks.count; i++)
		r = spec_strings_add(ret_asks, start.config.asks.items[i]);
	return r < 0 ? error_oom(err) : 0;
}

int layer_package_look(int mount, const char *name, char **ret_name, spec_strings *ret_asks,
		       struct error *err)
{
	_cleanup_(freep) char *found = NULL;
	int r = check_package(mount, ret_asks, err);

	if (r == 0)
		r = read_description(mount, &found, err);
	if (r < 0)
		return error_prefix(err, r, "'%s'", name);
	*ret_name = take(found);
	return 0;
}
