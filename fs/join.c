// SPDX-License-Identifier: BSD-2-Clause
#include "fs/join.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "fs/command_child.h"
#include "fs/traces.h"

/* That of the daemon, which is not traced: whoever looks for the user is no use of the image. */
static int open_root(void)
{
	int fd = open("/proc/1/root", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 ? fd : open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int find_user(struct command *command, struct options *options, struct error *err)
{
	_cleanup_(closep) int root = -1;
	int r = 0;

	if (options->image && options->image[0] == '/')
		r = traces_image(&options->image, &options->user, err);
	if (r < 0 || !options->user)
		return r;
	root = open_root();
	return root < 0 ? error_errno(err, "cannot open the root")
			: user_find(&command->user, root, options->user, err);
}

static int become(struct options *options, struct error *err)
{
	struct command command = COMMAND_INIT;
	int r;

	/* docker exec -u has named another already */
	if (geteuid() != 0)
		return 0;
	command.options = options;
	options->in_place = true;
	r = find_user(&command, options, err);
	if (r == 0)
		r = command_child_become(&command, err);
	command_release(&command);
	return r;
}

int join(struct options *options)
{
	struct error err = ERROR_INIT;
	int status = COMMAND_FAILED;

	if (become(options, &err) == 0) {
		unsetenv(TRACES_USER_VARIABLE); /* also where it was not asked for */
		execvp(options->command[0], options->command);
		status = errno == ENOENT ? COMMAND_MISSING : COMMAND_REFUSED;
		error_errno(&err, "cannot run %s", options->command[0]);
	}
	log_error("%s", err.message);
	return status;
}
