/* SPDX-License-Identifier: BSD-2-Clause */
/* tracepack _complete WORD…: what the last word may become; for scripts/completions. */
#ifndef PACK_CMD_COMPLETE_H
#define PACK_CMD_COMPLETE_H

#include "pack/cmd/command.h"

/* argv[0] is "_complete". Returns what to exit with. */
int complete(const struct command *const *commands, size_t count, int argc, char **argv);

#endif
