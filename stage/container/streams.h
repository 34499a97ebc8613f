/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What goes in and out of a program: copied between our ends and pipes, or a terminal, of its own. Whoever
 * does not read slows the program down, as a pipe does; whoever stops reading ends it by SIGPIPE.
 */
#ifndef STAGE_CONTAINER_STREAMS_H
#define STAGE_CONTAINER_STREAMS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "db/base/error.h"

enum { STREAM_BUFFER = 64 << 10, STREAMS = 3 };

/* From one descriptor to another; 0 is its input, 1 and 2 its output and errors. */
struct stream {
	int from, to;   /* -1: closed, or thrown away */
	bool ours_from, ours_to; /* to be closed by us */
	bool gentle;    /* `to` may block: little at a time, when it is ready */
	int failed;     /* what kept us from writing it; 0: nothing */
	size_t begin, end; /* what is in the buffer */
	char *buffer;
};

struct streams {
	struct stream items[STREAMS];
	int theirs[STREAMS]; /* the program's ends, until it has them */
	bool terminal;
	int listener; /* where the runtime hands over a terminal */
	int master;
	int aside;  /* what it wrote to its input, which was empty; -1: no such input */
	int errors; /* where that goes; borrowed */
};

/* None: nothing to copy. */
void streams_init(struct streams *streams);
/* Pipes for the program; input, output, errors are our ends, borrowed, -1: nothing. */
int streams_open(int input, int output, int errors, struct streams *streams, struct error *err);
/*
 * A terminal instead, which the runtime makes and sends to the socket `path`; streams_terminal() takes it
 * once it has, with the size of ours.
 */
int streams_open_terminal(const char *path, int input, int output, struct streams *streams,
			  struct error *err);
int streams_terminal(struct streams *streams, struct error *err);
/* Our terminal has another size. */
void streams_resize(struct streams *streams);

/* The program has its ends now. */
void streams_given(struct streams *streams);

enum { STREAM_POLLS = 2 * STREAMS };
/* What to poll for, exactly STREAM_POLLS of them, and what to do about it. */
void streams_prepare(const struct streams *streams, struct pollfd fds[STREAM_POLLS]);
void streams_copy(struct streams *streams, const struct pollfd fds[STREAM_POLLS]);
/* The program has ended: what it wrote to its input, having lost its way, comes behind its errors. */
void streams_gather(struct streams *streams);
/* Nothing comes out any more; in a program that has ended, nothing goes in either. */
bool streams_ended(const struct streams *streams);
/* 0, or why output was lost, as -ENOSPC: not because somebody stopped reading. */
int streams_failed(const struct streams *streams);

/*
 * All of it for a program beside a container's first one, our child: until it has ended and all was copied, or what it
 * left behind holds on to its output for 2 s. signals: a signalfd whose signals it gets, or -1. Its status as a shell
 * has it, or a negative errno.
 */
int streams_accompany(struct streams *streams, pid_t pid, int signals);

void streams_release(struct streams *streams);

#endif
