// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/beside.h"

static bool asks_for_guard(char **argv)
{
	for (; *argv; argv++)
		if (strcmp(*argv, "--guard") == 0 || strncmp(*argv, "--guard=", 8) == 0)
			return true;
	return false;
}

/* Process 1 of a disk; NULL: this sfc is not installed whole. The caller frees. */
static char *find_init(void)
{
	const char *build = getenv("builddir");
	_cleanup_(freep) char *path = NULL;

	if (build && asprintf(&path, "%s/pack/guest/sfc-init", build) < 0)
		path = NULL;
	return path && access(path, R_OK) == 0 ? take(path) : beside_find("sfc-init");
}

/* tracepack export with the same words; of the tracefs for images and of process 1 for disks it knows only by us. */
int cmd_export(const struct sfc_command *command, int argc, char **argv)
{
	struct error err = ERROR_INIT;
	_cleanup_(freep) const char **words = calloc((size_t)argc + 6, sizeof(*words));
	_cleanup_(freep) char *program = NULL, *init = NULL;
	size_t count = 0;

	if (!words)
		return command_failed(command, (error_oom(&err), &err));
	if (asks_for_guard(argv) && cmd_find_tracefs(&program, &err) < 0)
		return command_failed(command, &err);
	/* it says where we were built, too */
	if (beside_set_path(&err) < 0)
		return command_failed(command, &err);
	init = find_init();
	words[count++] = "tracepack";
	words[count++] = argv[0];
	if (program) {
		words[count++] = "--tracefs";
		words[count++] = program;
	}
	if (init) {
		words[count++] = "--init";
		words[count++] = init;
	}
	for (int i = 1; i < argc; i++)
		words[count++] = argv[i];
	execvp(words[0], (char *const *)words);
	error_errno(&err, "cannot execute tracepack, which is built with sfc");
	return command_failed(command, &err);
}
