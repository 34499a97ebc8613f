/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command of "tracefs SOURCE -- COMMAND": a child that waits for the traced root, makes it its
 * own (fs/root_entry.h), and executes the command in it. It is forked before anything else is done,
 * so that the command gets what we got: signals, limits, descriptors.
 *
 *	apart      tracefs ── first of a pid namespace, which buries ── the command
 *	  pid1     tracefs ── the command, first of a pid namespace
 *	in place   tracefs ── the command
 *	  pid1     tracefs ── one who stands before it ── the command, first of a pid namespace
 */
#ifndef FS_COMMAND_H
#define FS_COMMAND_H

#include <signal.h>
#include <stdbool.h>

#include "db/base/error.h"
#include "db/session.h"
#include "fs/options.h"
#include "fs/relay.h"
#include "fs/user.h"

/* What env(1) and container engines exit with when they are to blame. */
enum { COMMAND_FAILED = 125, COMMAND_REFUSED = 126, COMMAND_MISSING = 127 };

struct command {
	const struct options *options;
	struct user user; /* with options->user */
	char *cwd;        /* inside the root */
	char *words;      /* the command as a JSON array, for the manifest */
	int fd;           /* to the child; or -1 */
	struct relay relay;
	bool going;       /* it was let go */
	sigset_t old_mask; /* what the command gets */
	struct sigaction old_child;
};

#define COMMAND_INIT                                                                               \
	{                                                                                          \
		.fd = -1, .user = USER_INIT                                                        \
	}

/*
 * Check what it takes and fork the child; from here on its signals are blocked. The options are
 * resolved ones, and outlive the command.
 */
int command_start(struct command *command, const struct options *options, struct error *err);
/* Give it the traced root; returns when that is its root. Requests must be answered. */
int command_enter(struct command *command, int mount_fd, struct error *err);
/* Have it execute what it is for. */
int command_go(struct command *command, struct error *err);

/* What the manifest says of it; borrowed. */
void command_describe(const struct command *command, struct session_start *start);

/* Take a signal from the descriptor: true when the command has ended. */
bool command_signal(struct command *command, int signal_fd);

/*
 * Whoever is left of it is gone when this returns: to be called while requests are still answered.
 * A child that was not let go yet ends here.
 */
void command_stop(struct command *command);
/*
 * What to exit with: its own status, or one of the above with err set, when it did not come to be
 * executed.
 */
int command_status(const struct command *command, struct error *err);
void command_release(struct command *command);

#endif
