/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One mount from its beginning to its end, as calls in the order in which main() makes them: run.c
 * has the beginning, run_serve.c the middle, run_finish.c the end. What was begun is undone by
 * run_release(), whatever of it there is, so that it is called however far a run came.
 */
#ifndef FS_RUN_H
#define FS_RUN_H

#include <stdbool.h>

#include "db/base/error.h"
#include "fs/cataloguer.h"
#include "fs/command.h"
#include "fs/control.h"
#include "fs/elsewhere.h"
#include "fs/mount.h"
#include "fs/options.h"
#include "fs/recorder.h"
#include "fs/tracefs.h"
#include "fs/transport.h"
#include "fs/watcher.h"

struct run {
	struct options *options;
	struct command *command; /* started; or NULL: a mount for others. The caller's */
	struct tracefs *fs;
	struct manifest *manifest;
	bool manifest_is_new;  /* made by us: removed again when the mount fails */
	struct elsewhere ns;   /* in which the mount is, if not in ours */
	struct watcher watcher;
	struct fuse_session *session;
	struct mount mount;
	struct transport transport;
	bool transport_ready;
	struct recorder recorder;
	bool recorder_open;
	struct cataloguer cataloguer;
	char catalog_root[32]; /* what it walks */
	struct control control;
	int goodbye_fd; /* who asked us to unmount, or follows, waits here for the summary; or -1 */
	int signal_fd;  /* SIGINT, SIGTERM and SIGHUP; with a command all that go on to it; or -1 */
	int mounts_fd;  /* tells of changes of the mount table; or -1 */
	bool stopped;   /* nobody is served any more */
	bool abandoned; /* unmounted here, and what other namespaces have of it is used by nobody */
	int ready_fd;   /* of background_enter(); or -1 */
};

/*
 * Open the source and the manifest, which is made where there is none. From here on signals that
 * end programs are read by run_serve(). The options are resolved ones, and outlive the run.
 */
int run_open(struct run *run, struct options *options, struct error *err);
/* Make the mount, begin the session, and let the mount be seen; a parent that waits may go then. */
int run_mount(struct run *run, struct error *err);
/*
 * Until it is unmounted, or a signal says so, or its command has ended; questions of the control
 * socket are answered.
 */
void run_serve(struct run *run);
/*
 * Unmount and end the session: 0 when it is whole, a negative errno with err set when something is
 * missing in the manifest. The summary is filled as far as it is known.
 */
int run_finish(struct run *run, struct summary *ret_summary, struct error *err);
/* Undo the rest. What was said at the end (or NULL) goes to who asked us to unmount, too. */
void run_release(struct run *run, bool good, const char *last_words);

#define RUN_INIT                                                                                   \
	{                                                                                          \
		.ns = ELSEWHERE_NONE, .watcher.fd = -1, .signal_fd = -1, .ready_fd = -1, .control.fd = -1,               \
		.goodbye_fd = -1, .mounts_fd = -1                                                  \
	}

#endif
