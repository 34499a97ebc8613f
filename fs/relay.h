/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Standing before a child: signals that are sent to us go on to it, children that are left to us are
 * buried, and how it ended is known. The signals are blocked, and read by whoever serves.
 */
#ifndef FS_RELAY_H
#define FS_RELAY_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct relay {
	pid_t child; /* 0: there is none (any more) */
	int status;  /* as a shell says it, when it has ended: its own, or 128 and the signal */
	bool asked_to_end; /* a signal that ends programs went on to it */
};

/*
 * Signals that go on, and SIGCHLD: all that can be handled but for faults, which are our own, what
 * wakes our threads, and those by which a terminal stops who reads or writes it.
 */
void relay_signals(sigset_t *ret_set);

/* One that was read: true when the child has ended by now. */
bool relay_take(struct relay *relay, int number, int code, pid_t sender);

/* Bury who has ended. */
void relay_bury(struct relay *relay);

/* Until it has ended; the signals are blocked. Returns its status. */
int relay_serve(struct relay *relay);

#endif
