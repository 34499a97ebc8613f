// SPDX-License-Identifier: BSD-2-Clause
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

/* tracepack export with the same words; of the tracefs for images it knows only by us. */
int cmd_export(const struct sfc_command *command, int argc, char **argv)
{
	struct error err = ERROR_INIT;
	_cleanup_(freep) const char **words = calloc((size_t)argc + 4, sizeof(*words));
	_cleanup_(freep) char *program = NULL;
	size_t count = 0;

	if (!words)
		return command_failed(command, (error_oom(&err), &err));
	if (asks_for_guard(argv) && cmd_find_tracefs(&program, &err) < 0)
		return command_failed(command, &err);
	words[count++] = "tracepack";
	words[count++] = argv[0];
	if (program) {
		words[count++] = "--tracefs";
		words[count++] = program;
	}
	for (int i = 1; i < argc; i++)
		words[count++] = argv[i];
	if (beside_set_path(&err) < 0)
		return command_failed(command, &err);
	execvp(words[0], (char *const *)words);
	error_errno(&err, "cannot execute tracepack, which is built with sfc");
	return command_failed(command, &err);
}
