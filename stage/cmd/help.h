/* SPDX-License-Identifier: BSD-2-Clause */
/* What --help prints: made of the tables alone. */
#ifndef STAGE_CMD_HELP_H
#define STAGE_CMD_HELP_H

#include "stage/cmd/command.h"

/* Each returns what to exit with. */
int help_all(void);
int help_command(const struct sfc_command *command);
/* sfc help [WORD [WORD]] */
int help_words(const struct sfc_command *command, int argc, char **argv);

#endif
