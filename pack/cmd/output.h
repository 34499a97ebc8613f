/* SPDX-License-Identifier: BSD-2-Clause */
/* What a command is asked to write: nothing that is there already is replaced unless that was said.
 */
#ifndef PACK_CMD_OUTPUT_H
#define PACK_CMD_OUTPUT_H

#include <jansson.h>

#include "db/base/io.h"
#include "pack/cmd/command.h"

/* The row of -f for the table of options; its target is a bool. */
#define OUTPUT_FORCE(type, member)                                                                 \
	{                                                                                          \
		'f', "force", NULL, "replace what is there already", OPTION_FLAG(type, member)     \
	}

/* Asked before the work: 0, or -EEXIST when `path` (NULL: none) is a file that would be replaced.
 */
int output_check(const char *path, bool force, struct error *err);
/* io_output_open(); a file that has come meanwhile is not replaced either. */
int output_open(struct io_output *output, const char *path, bool force, struct error *err);

/* A document there, or on standard output where path is NULL. */
int output_json(const char *path, bool force, const json_t *json, struct error *err);

#endif
