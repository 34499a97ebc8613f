/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who did it: from the thread id in a request to a program, its executable as seen inside the root
 * and its name. Reading /proc costs some ten microseconds, so the answer is kept per thread for at
 * most a second and thrown away when the thread is about to execute something else. The thread that
 * asks is held by the kernel until its request is answered, so even the shortest-lived child is
 * still there to be read, if it is asked for before the reply.
 */
#ifndef FS_PROCESS_H
#define FS_PROCESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/base/error.h"
#include "db/base/hash.h"

/* One program; lives until processes_release(). */
struct program {
	struct hash_link link;
	const char *exe;  /* inside the root; "" when it cannot be known */
	const char *comm; /* the thread's name; "" when it cannot be known */
};

enum { PROCESS_SLOTS = 1024 };

struct process_slot {
	pid_t tid; /* 0: empty */
	int64_t read_ns;
	uint64_t exe;                 /* a hash of what /proc said of its executable */
	const struct program *program;
	const struct program *before; /* while it executes something: what it was; or NULL */
	int64_t exec_ns;
	bool same; /* what it executes may be what it is already: its exe will not tell them apart */
};

struct processes {
	pthread_mutex_t lock;   /* a leaf: nothing else is locked while it is held */
	int proc_fd;            /* /proc, or -1 */
	char *mountpoint;       /* taken off the front of what runs from below it */
	struct hash programs;   /* every struct program */
	struct program *nobody; /* exe "" and comm "" */
	struct process_slot slots[PROCESS_SLOTS]; /* by tid modulo their number */
};

int processes_init(struct processes *processes, const char *mountpoint, struct error *err);
void processes_release(struct processes *processes);

/* Never NULL; the program of thread 0, or of one that is gone, is nobody. */
const struct program *processes_find(struct processes *processes, pid_t tid);

/*
 * The thread executes the file at this path inside the root: what it is will have to be read again at
 * its next events, until it is something else.
 */
void processes_exec(struct processes *processes, pid_t tid, const char *path);

/*
 * The path of an executable inside a root, from what /proc/PID/exe and /proc/PID/root say: both are
 * host paths, or already inside paths where the process has a mount namespace of its own. Pure text;
 * the result points into exe (which loses a trailing " (deleted)").
 */
const char *process_inside(char *exe, const char *root, const char *mountpoint);

#endif
