// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/script.h"

/* tracepack export with the same words. */
int cmd_export(const struct sfc_command *command, int argc, char **argv)
{
	struct error err = ERROR_INIT;
	_cleanup_(freep) char **words = calloc((size_t)argc + 2, sizeof(*words));

	if (!words)
		return command_failed(command, (error_oom(&err), &err));
	words[0] = (char *)"tracepack";
	memcpy(words + 1, argv, (size_t)argc * sizeof(*words));
	if (script_set_path(&err) < 0)
		return command_failed(command, &err);
	execvp(words[0], words);
	error_errno(&err, "cannot execute tracepack, which is built with sfc");
	return command_failed(command, &err);
}
