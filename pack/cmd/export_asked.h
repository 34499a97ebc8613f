/* SPDX-License-Identifier: BSD-2-Clause */
/* What is asked of export beyond what a package says of itself, in the words of sfc's options. */
#ifndef PACK_CMD_EXPORT_ASKED_H
#define PACK_CMD_EXPORT_ASKED_H

#include <jansson.h>

#include "pack/cmd/command.h"

struct export_asked {
	json_t *json;     /* each by its name; NULL: nothing was asked for; owned */
	const char *file; /* --asked */
};

extern const struct command_option export_asked_options[];

/* What the file says, under what the options say. */
int export_asked_read(struct export_asked *asked, struct error *err);
void export_asked_release(struct export_asked *asked);

#endif
