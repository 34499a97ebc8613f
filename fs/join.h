/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command beside another that is traced already, as docker exec and health checks are: it is in the traced
 * root as it starts, and has only to become who the image's command is.
 */
#ifndef FS_JOIN_H
#define FS_JOIN_H

#include "fs/options.h"

/* Execute options->command; returns only when it cannot, with what to exit with, having said why. */
int join(struct options *options);

#endif
