// SPDX-License-Identifier: BSD-2-Clause
#include "fs/filesystem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "db/base/cleanup.h"

/* What the kernel wrote about the last failure of a file system context, or errno's text. */
static int context_error(struct error *err, int fd, const char *what)
{
	int code = errno;
	char message[256];
	ssize_t n = read(fd, message, sizeof(message) - 1);

	errno = code;
	if (n <= 2)
		return error_errno(err, "%s", what);
	message[n] = '\0';
	message[strcspn(message, "\n")] = '\0';
	return error_errno(err, "%s: %s", what, message + 2);
}

int filesystem_make(const char *type, const struct parameter *parameters, unsigned int attributes,
		    const char *what, struct error *err)
{
	_cleanup_(closep) int context = fsopen(type, FSOPEN_CLOEXEC);
	int fd;

	if (context < 0)
		return error_errno(err, "%s", what);
	for (; parameters->name; parameters++) {
		unsigned int command = parameters->value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;

		if (fsconfig(context, command, parameters->name, parameters->value, 0) < 0)
			return context_error(err, context, what);
	}
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return context_error(err, context, what);
	fd = fsmount(context, FSMOUNT_CLOEXEC, attributes);
	return fd < 0 ? context_error(err, context, what) : fd;
}

int filesystem_attach(int mount_fd, const char *path)
{
	return move_mount(mount_fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0 ? -errno : 0;
}
