// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>

#include "stage/cmd/cmd.h"

int cmd_version(const struct sfc_command *command, int argc, char **argv)
{
	if (argc > 1)
		return command_misused(command, "takes no argument, not '%s'", argv[1]);
	printf("sfc (sfc-tools) %s\n", PACKAGE_VERSION);
	return EXIT_DONE;
}
