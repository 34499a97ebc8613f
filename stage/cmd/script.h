/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands that are still scripts: sfc becomes the script, with the same words. Where they are:
 * beside the program in a build directory, below the prefix it was installed or moved to, or where
 * it was configured to look. Its own programs come first in PATH then, as the scripts call them by
 * name.
 */
#ifndef STAGE_CMD_SCRIPT_H
#define STAGE_CMD_SCRIPT_H

#include "stage/cmd/command.h"

/* Returns only when it fails, with what to exit with. */
int script_run(const struct sfc_command *command, int argc, char **argv);
/* sfc-NAME with these words alone, waited for: its exit status, or -errno with err set. */
int script_call(const char *name, char *const *words, struct error *err);
/* Where a file that is installed with the scripts is; the caller frees. NULL: it is nowhere. */
char *script_find(const char *name);
/* Put the directories of tracefs and tracepack in front of PATH. Once, before either is run. */
int script_set_path(struct error *err);

#endif
