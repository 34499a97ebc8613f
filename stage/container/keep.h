/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A container that is kept up when we have gone, by conmon(8), which holds the other ends of its pipes, writes
 * its log and notes how it ended. conmon reports; it starts nothing again, and cannot be put back in front of
 * a container that lost it.
 *
 *	request.keep = &keep;	container_prepare() and container_start() as ever
 *	container_describe(container, &note);	by which it is found again
 *	container_leave(container);		or, where it forwards ports, container_serve()
 *	…
 *	container_attach(&note, directory, &container, err);	by any process
 *	container_stop(container, …);
 *	container_clear(&note, err);		nothing of it is left
 *
 * Its mounts are those of conmon's mount namespace, and end with it. Programs that forward ports cannot live by
 * themselves: container_serve() stays for them until the container has ended, and starts again what was
 * killed.
 */
#ifndef STAGE_CONTAINER_KEEP_H
#define STAGE_CONTAINER_KEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/base/process.h"
#include "stage/container/container.h"

struct container_keep {
	/* Empty, of ours, for this start alone; outlives us. conmon writes "exit" and "oom" into it. */
	const char *directory;
	const char *log; /* a file, added to: lines "TIME STREAM F TEXT", P for F where the line goes on */
	uint64_t log_size; /* bytes; a log that would be larger begins anew */
	/* An absolute program and its words, run by conmon in its namespace once it has ended; NULL: none. */
	const char *const *ended;
	bool unit; /* conmon stays in our group, a unit's of systemd: its main process */
	int lock; /* a descriptor that stays open as long as conmon lives; -1 */
};

enum { CONTAINER_NAME_SIZE = 192, CONTAINER_CGROUP_SIZE = 320 };

/* What is to be remembered of it. */
struct container_note {
	struct process process, conmon, network; /* pid 0: there is none */
	char name[CONTAINER_NAME_SIZE];
	char cgroup[CONTAINER_CGROUP_SIZE]; /* "": where its name says */
	int stop_signal;
};

int container_describe(const struct container *container, struct container_note *ret_note, struct error *err);
/* It runs on. */
void container_leave(struct container *container);

/* There are programs that forward for it, which end with us. */
bool container_is_served(const struct container *container);
/*
 * Stay until it has ended or SIGTERM says that it is over; not when what forwards ends again and again. tell() hears
 * which of it was put back. Frees it.
 */
void container_serve(struct container *container, void (*tell)(void *data, const char *what), void *data);

/* One that was left, also when it has ended by now: container_ended(). directory as in the request. */
int container_attach(const struct container_note *note, const char *directory,
		     struct container **ret_container, struct error *err);
/* Kill what is left of it, and take down what it had. -EBUSY: something does not end. */
int container_clear(const struct container_note *note, struct error *err);

/* What conmon noted in the directory: 1 with the status as a shell has it, 0 nothing. */
int container_status(const char *directory, int *ret_status);
/* A process of it was killed for want of memory. */
bool container_was_short(const char *directory);

#endif
