/* SPDX-License-Identifier: BSD-2-Clause */
/* What a service that failed left in its log files: the last of them that it wrote to, as its last words. */
#ifndef STAGE_STAGES_LOGS_H
#define STAGE_STAGES_LOGS_H

#include <stdint.h>

/*
 * Of the root of a trial, which is still up: files of /var/log, and *.log and *.err where services write, that
 * were written to since a time. Their names and their last lines go to fd, the newest last. What cannot be read
 * is left out: it is an addition to what failed.
 */
void logs_keep(const char *root, int64_t since_ns, int fd);

#endif
