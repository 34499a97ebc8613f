/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How to start what is packed: the command, where, as whom and with which variables, taken from a
 * session and from the command line, and written as an OCI runtime configuration.
 */
#ifndef PACK_PACKAGE_LAUNCH_H
#define PACK_PACKAGE_LAUNCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/session.h"
#include "pack/oci/image_config.h"

struct launch_strings {
	char **items;
	size_t count, capacity;
};

struct launch {
	struct launch_strings args; /* args.count 0: nobody said what to start */
	struct launch_strings env;  /* "NAME=value", sorted by name when finished */
	char *cwd;                  /* canonical; NULL: "/" */
	int64_t uid, gid;           /* -1: 0 */
	bool run_is_empty, tmp_is_empty; /* then they get a tmpfs of their own */
};

#define LAUNCH_INIT                                                                                \
	{                                                                                          \
		.uid = -1, .gid = -1                                                               \
	}

void launch_release(struct launch *launch);

/*
 * Take what a session says of its start; what the launch has already stays. -EINVAL when the
 * session's columns hold something else than they should.
 */
int launch_from_session(struct launch *launch, const struct session *session, struct error *err);

/*
 * Where the source was an image: what no session says is as the image has it, and variables that engines add
 * to every start (HOME, LANG, LC_ALL) go unless the image has them.
 */
int launch_from_image(struct launch *launch, const struct image_config *image, struct error *err);

/* From the command line. env "NAME" takes the variable out; user is "UID" or "UID:GID". */
int launch_add_arg(struct launch *launch, const char *arg, struct error *err);
int launch_set_env(struct launch *launch, const char *assignment, struct error *err);
int launch_set_cwd(struct launch *launch, const char *cwd, struct error *err);
int launch_set_user(struct launch *launch, const char *user, struct error *err);

/* The value of a variable, borrowed; NULL when it is not set. */
const char *launch_env(const struct launch *launch, const char *name);

/*
 * config.json: runtime-spec 1.0.2, root "rootfs", read-only. Needs a command: -EINVAL without. over
 * (or NULL) is merged into it: objects member by member, anything else replaces.
 */
int launch_config(struct launch *launch, const json_t *over, json_t **ret_config,
		  struct error *err);

#endif
