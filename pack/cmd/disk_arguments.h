/* SPDX-License-Identifier: BSD-2-Clause */
/* What export is told of a virtual machine: options of a struct disk_options. */
#ifndef PACK_CMD_DISK_ARGUMENTS_H
#define PACK_CMD_DISK_ARGUMENTS_H

#include "pack/cmd/command.h"
#include "pack/engine/engine.h"

extern const struct command_option disk_argument_options[];

/* What is wrong with them for something of that kind; or NULL. */
const char *disk_argument_misuse(const struct disk_options *disk, bool is_disk);

#endif
