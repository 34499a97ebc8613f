/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who did it: a process, named so that it can be told later whether it still runs. A pid is reused,
 * so its start time goes with it; both start anew with each boot; and neither means anything
 * outside its pid namespace.
 */
#ifndef DB_BASE_PROCESS_H
#define DB_BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"

#define PROCESS_BOOT_SIZE 40

struct process {
	int64_t pid;
	int64_t started; /* clock ticks since boot: field 22 of /proc/PID/stat; 0 unknown */
	int64_t pidns;	 /* inode of the pid namespace; 0 unknown */
	char boot[PROCESS_BOOT_SIZE];
};

/* This process, and another one of our pid namespace. What /proc does not tell stays 0 or "". */
void process_self(struct process *ret_process);
void process_of(int64_t pid, struct process *ret_process);

/*
 * The same for who writes it down, so that it is found again: fails where there may be such a process that could
 * not be looked at, as when there are too many open files.
 */
int process_note(int64_t pid, struct process *ret_process, struct error *err);

/*
 * False when it is certain that it runs no more; what cannot be read just now counts as alive. A process of another pid namespace of this boot
 * cannot be judged from here and counts as alive, but by root of the machine, who sees whether there is
 * such a namespace still.
 */
bool process_is_alive(const struct process *process);

/* The same for many of our own pid namespace; self is process_self(). One of another counts as gone. */
bool process_is_alive_here(const struct process *process, const struct process *self);
/* Whose child it is, of one that is alive so, which costs nothing more; 0 unknown, -1: it is not. */
int64_t process_parent_here(const struct process *process, const struct process *self);

/*
 * A descriptor that poll(2) reports readable once it has ended; -ESRCH when it has by now, -EXDEV
 * when it is of another pid namespace, other negative errnos of pidfd_open(2). The caller closes.
 */
int process_open(const struct process *process);

#endif
