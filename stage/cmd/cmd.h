/* SPDX-License-Identifier: BSD-2-Clause */
/* The functions that the table of commands names, a file of its name each. */
#ifndef STAGE_CMD_CMD_H
#define STAGE_CMD_CMD_H

#include "stage/cmd/command.h"

int cmd_complete(const struct sfc_command *command, int argc, char **argv);
int cmd_doctor(const struct sfc_command *command, struct asked *asked);
int cmd_export(const struct sfc_command *command, int argc, char **argv);
int cmd_manual(const struct sfc_command *command, int argc, char **argv);
int cmd_run(const struct sfc_command *command, struct asked *asked);
int cmd_version(const struct sfc_command *command, int argc, char **argv);

#endif
