// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any bytes as a package that is checked: its image, its configuration, its manifest and its programs, as sfc
 * verify does before anything of it runs. It may have problems; it may not crash, hang, or write anywhere but into
 * its scratch directory, which is empty afterwards.
 */
#include "pack/package/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char scratch[] = "/dev/shm/fuzz-package.XXXXXX";

static void remove_scratch(void)
{
	/* what a check left there is a mistake of its own */
	if (rmdir(scratch) < 0)
		_exit(1);
}

static void make_scratch(void)
{
	static bool made;

	if (made)
		return;
	made = true;
	if (!mkdtemp(scratch) || atexit(remove_scratch) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(closep) int fd = memfd_create("package", MFD_CLOEXEC);
	_cleanup_(bundle_closep) struct bundle *bundle = NULL;
	struct package_check check = {0};
	struct error err = ERROR_INIT;
	char path[40];
	int r;

	make_scratch();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || io_write(fd, data, size) < 0)
		abort();
	r = bundle_open(path, &bundle, &err);
	if (r == 0)
		r = package_check(bundle, scratch, &check, &err);
	if (r < 0 && !*err.message)
		abort();
	for (size_t i = 0; i < check.problems.count; i++)
		if (!*check.problems.items[i])
			abort();
	package_check_release(&check);
	return 0;
}
