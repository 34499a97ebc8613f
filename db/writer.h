/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who writes a session: a process, named so that it can be told later whether it still runs. A pid
 * is reused, so its start time goes with it; both start anew with each boot; and neither means
 * anything outside its pid namespace. For db/ alone.
 */
#ifndef DB_WRITER_H
#define DB_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#define WRITER_BOOT_SIZE 40

struct writer {
	int64_t pid;
	int64_t started; /* clock ticks since boot: field 22 of /proc/PID/stat; 0 unknown */
	int64_t pidns;   /* inode of the pid namespace; 0 unknown */
	char boot[WRITER_BOOT_SIZE];
};

/* This process. What /proc does not tell stays 0 or "". */
void writer_self(struct writer *ret_writer);

/*
 * False when it is certain that it runs no more. A writer of another pid namespace of this boot
 * cannot be judged from here and counts as alive.
 */
bool writer_is_alive(const struct writer *writer);

#endif
