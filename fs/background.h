/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Going to the background, and telling who started us what became of it. The parent waits at a
 * pipe: it exits with 0 when the child says that all is ready, and with 1 when the child is gone
 * without having said so. What went wrong the child prints itself, for it keeps the standard streams
 * until then; that it was killed the parent says.
 */
#ifndef FS_BACKGROUND_H
#define FS_BACKGROUND_H

#include "db/base/error.h"

/*
 * Returns in the child, in a session of its own, with the end of the pipe it has to speak into. To
 * be called before there are threads.
 */
int background_enter(int *ret_ready_fd, struct error *err);

/*
 * Let the parent go, with the standard streams and the working directory, which are its caller's;
 * closes *ready_fd and sets it to -1. Does nothing where it is -1: we are in the foreground.
 */
void background_ready(int *ready_fd);

#endif
