/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One time that an instance was up, and what the newest of them says of it now. Whoever looks finds that a
 * process is gone before anybody has noted it: then conmon's own note counts, and nothing is written.
 */
#ifndef STAGE_INSTANCE_RUN_H
#define STAGE_INSTANCE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/base/process.h"
#include "stage/container/keep.h"
#include "stage/instance/instance.h"
#include "stage/layer/guard.h"
#include "stage/state/state.h"

enum run_state { RUN_NONE, RUN_MAKING, RUN_UP, RUN_ENDED };

struct run {
	int64_t id;
	char *package; /* the digest of what it stood on */
	char *said;    /* why it did not come up; NULL */
	enum run_state state;
	struct container_note note;
	struct process waiter; /* who starts it again after a pause; pid 0: nobody */
	struct guard guard;    /* daemon.pid 0: it has none */
	int restarts;          /* by itself since it was started */
	int64_t begun_ns, ready_ns, ended_ns; /* 0: not yet */
	bool seen, oom; /* seen: the status is known */
	int status;
};

#define RUN_INIT                                                                                   \
	{                                                                                          \
		.id = 0                                                                            \
	}

void run_release(struct run *run);
/* Its first process ended by SIGKILL, whoever sent it. */
bool run_was_killed(const struct run *run);

/* 1 the newest of the instance, 0 there is none. */
int run_newest(struct state *state, const char *app, const char *name, struct run *ret_run,
	       struct error *err);
/* 1 this one, and whose it is (the caller frees), 0 there is none. */
int run_find(struct state *state, int64_t id, struct run *ret_run, char **ret_app, char **ret_name,
	     struct error *err);
/* 1 the container of this name is being made, or up as far as is noted; 0 not. */
int run_is_live(struct state *state, const char *container, struct error *err);
/* The newest first, at most `most` of them; a visitor that returns non-zero ends it: that comes back. */
int run_each(struct state *state, const char *app, const char *name, int most,
	     int (*visit)(const struct run *run, void *data), void *data, struct error *err);

/* The intention: a row that is being made, with its container's name. restarts: so often by itself by now. */
int run_begin(struct state *state, const struct instance *instance, int restarts,
	      struct run *ret_run, struct error *err);
int run_note_up(struct state *state, int64_t id, const struct container_note *note,
		const struct guard *guard, struct error *err);
int run_note_ready(struct state *state, int64_t id, struct error *err);
/* seen false: nobody saw how. said: why it did not come up, or NULL. */
int run_note_ended(struct state *state, const struct run *run, struct error *err);
/* We start it again after a pause. */
int run_note_waiter(struct state *state, int64_t id, struct error *err);

/* Directories of runs that are over, of commands that were killed before they could remove them. */
int run_tidy(struct state *state, struct error *err);

/* Its directory for conmon, run/CONTAINER; the caller frees. NULL: no memory. */
char *run_directory(const struct state *state, const struct run *run);

/* What an instance does now. */
enum instance_now {
	NOW_STOPPED,    /* as it was told, or never started */
	NOW_STARTING,
	NOW_RUNNING,
	NOW_UNWATCHED,  /* up, but conmon was killed */
	NOW_RESTARTING, /* has ended, and is started again after a pause */
	NOW_EXITED,     /* by itself, with status 0 */
	NOW_FAILED,     /* by itself, with another */
	NOW_LOST,       /* nobody saw it end */
	NOW_SLEEPING,   /* the next connection starts it */
};

const char *instance_now_name(enum instance_now now);

/*
 * By the newest run, which is completed by what conmon noted; self: process_self(). Reads two files of /proc for
 * one that is up.
 */
enum instance_now instance_now(const struct state *state, const struct instance *instance,
			       struct run *run, const struct process *self);
/* It has processes: starting, running or unwatched. */
bool instance_is_up(enum instance_now now);

#endif
