// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/kernel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"

enum {
	/* of the boot protocol of Linux on x86 */
	X86_SIGNATURE = 0x202,
	X86_VERSION = 0x20e, /* where its version stands, less 0x200 */
	X86_HEAD = 0x10000,
};

void kernel_release(struct kernel *kernel)
{
	free(kernel->file);
	free(kernel->version);
	free(kernel->modules);
	*kernel = (struct kernel){0};
}

/* "6.1.0-44-cloud-amd64" of a bzImage; NULL of any other. */
static char *version_in(const char *head, size_t size)
{
	size_t at;

	if (size < X86_VERSION + 2 || memcmp(head + X86_SIGNATURE, "HdrS", 4) != 0)
		return NULL;
	at = (size_t)(unsigned char)head[X86_VERSION] + ((size_t)(unsigned char)head[X86_VERSION + 1] << 8) + 0x200;
	if (at >= size)
		return NULL;
	return strndup(head + at, strcspn(head + at, " "));
}

static int read_version(struct kernel *kernel, struct error *err)
{
	_cleanup_(closep) int fd = open(kernel->file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	_cleanup_(freep) char *head = calloc(1, X86_HEAD + 1);
	struct stat st;
	ssize_t n;

	if (!head)
		return error_oom(err);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(err, "cannot open the kernel '%s'", kernel->file);
	if (!S_ISREG(st.st_mode))
		return error_set(err, -EINVAL, "the kernel '%s' is not a file", kernel->file);
	n = io_pread(fd, head, X86_HEAD, 0);
	if (n < 0)
		return error_code(err, (int)n, "cannot read the kernel '%s'", kernel->file);
	kernel->version = version_in(head, (size_t)n);
	if (kernel->version && (!*kernel->version || strchr(kernel->version, '/')))
		return error_set(err, -EBADMSG, "'%s' is not a kernel", kernel->file);
	return 0;
}

/* The newest of them. */
static int find_installed(struct kernel *kernel, struct error *err)
{
	_cleanup_(closedirp) DIR *dir = opendir("/boot");
	_cleanup_(freep) char *newest = NULL;
	const struct dirent *item;

	while (dir && (item = readdir(dir))) {
		if (strncmp(item->d_name, "vmlinuz-", 8) != 0 || !strstr(item->d_name, "cloud") ||
		    (newest && strverscmp(item->d_name, newest) < 0))
			continue;
		free(newest);
		newest = strdup(item->d_name);
	}
	if (!newest)
		return error_set(err, -ENOENT, "no cloud kernel is installed: install linux-image-cloud-amd64, or "
					       "say which (--kernel FILE)");
	kernel->file = path_join("/boot", newest);
	return kernel->file ? 0 : error_oom(err);
}

/* It goes on only if it is there. */
static int take_modules(struct kernel *kernel, const char *top)
{
	_cleanup_(freep) char *all = path_join(top, "lib/modules"), *path = all ? path_join(all, kernel->version) : NULL;

	if (!path)
		return -ENOMEM;
	if (!kernel->modules && access(path, F_OK) == 0)
		kernel->modules = take(path);
	return 0;
}

static int find_modules(struct kernel *kernel, struct error *err)
{
	_cleanup_(freep) char *whole = realpath(kernel->file, NULL), *boot = whole ? path_parent(whole) : NULL,
			       *top = boot ? path_parent(boot) : NULL;

	if (!kernel->version)
		return 0;
	return !top || take_modules(kernel, top) < 0 || take_modules(kernel, "/") < 0 ? error_oom(err) : 0;
}

int kernel_find(const char *file, const char *modules, struct kernel *ret_kernel, struct error *err)
{
	_cleanup_(kernel_release) struct kernel kernel = {0};
	int r = 0;

	if (!file)
		r = find_installed(&kernel, err);
	else if (!(kernel.file = strdup(file)))
		r = error_oom(err);
	if (r == 0)
		r = read_version(&kernel, err);
	if (r == 0 && modules && !(kernel.modules = strdup(modules)))
		r = error_oom(err);
	if (r == 0 && !modules)
		r = find_modules(&kernel, err);
	if (r < 0)
		return r;
	*ret_kernel = kernel;
	kernel = (struct kernel){0};
	return 0;
}
