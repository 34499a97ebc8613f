/* SPDX-License-Identifier: BSD-2-Clause */
/* How a package is to start, as the command line says it. */
#ifndef PACK_CMD_LAUNCH_REQUEST_H
#define PACK_CMD_LAUNCH_REQUEST_H

#include <jansson.h>

#include "db/base/error.h"
#include "pack/cmd/command.h"
#include "pack/cmd/image_source.h"
#include "pack/package/launch.h"

struct launch_request {
	struct launch launch; /* but its variables: */
	struct {
		const char **items;
		size_t count, capacity;
	} env; /* borrowed */
	const char *config_path; /* JSON merged into config.json; or NULL */
	json_t *config;		 /* and what is in there */
};

#define LAUNCH_REQUEST_INIT {.launch = LAUNCH_INIT}

extern const struct command_option launch_request_options[];

/* Read --config. */
int launch_request_load(struct launch_request *request, struct error *err);

/* Put into `traced` what was said: that goes before what the session says, and that before the image. */
int launch_request_merge(struct launch_request *request, const struct image_source *image,
			 struct launch *traced, struct error *err);

void launch_request_release(struct launch_request *request);

#endif
