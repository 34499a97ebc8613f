/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A directory in which each run has a manifest of its own, HOST-UUID.db: replicas of one service can
 * share it, and nobody has to think of names. $SFC_TRACE, where it is set, is that directory.
 */
#ifndef FS_TRACES_H
#define FS_TRACES_H

#include "db/base/error.h"

/* The variable that says where else than the image does. */
#define TRACES_VARIABLE "SFC_TRACE"

/* A new name below `directory`, which is made if it is missing; the caller owns *ret_manifest. */
int traces_new(const char *directory, char **ret_manifest, struct error *err);

/* The variable by which a start names another user than the image's; the command does not get it. */
#define TRACES_USER_VARIABLE "SFC_TRACE_USER"

/*
 * What an image says of itself, in a file that it carries: a line for the session's source, a second one
 * for the user to change to. *image is the file's path and becomes the first; *user becomes the second,
 * or that of the variable, unless it is set or there is none.
 */
int traces_image(char **image, char **user, struct error *err);

/* What this machine or container is called; the caller frees. NULL: out of memory. */
char *traces_host(void);

#endif
