/* SPDX-License-Identifier: BSD-2-Clause */
/* Directories of the state, by the part they are in and their name: "base" and "v1", "dev" and "web". */
#ifndef STAGE_LAYER_DIRECTORY_H
#define STAGE_LAYER_DIRECTORY_H

#include <stdint.h>

#include "db/base/error.h"
#include "stage/state/state.h"

/* Make an empty one, closed to everybody else; the caller closes *ret_fd. */
int directory_make(const struct state *state, const char *part, const char *name, int *ret_fd,
		   struct error *err);
int directory_open(const struct state *state, const char *part, const char *name, int *ret_fd,
		   struct error *err);
/* With all that is in it; 0 when it is not there. */
int directory_remove(const struct state *state, const char *part, const char *name,
		     struct error *err);
/* Inside one that is open; `shown` is for messages. */
int directory_remove_at(int dirfd, const char *name, const char *shown, struct error *err);

/* Bytes on disk of all that is below; a file with several names counts for each its part. */
uint64_t directory_usage(int dirfd);

#endif
