/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The child's side of fs/command.h, in the child. It is told two things over the socket, first the
 * descriptor of the traced root, then to go, and tells how each became: after the first always,
 * after the second only when it failed, for then the command has taken its place.
 */
#ifndef FS_COMMAND_CHILD_H
#define FS_COMMAND_CHILD_H

#include "fs/command.h"

struct command_answer {
	int code;   /* 0 or a negative errno */
	int status; /* to exit with then */
	char message[1024];
};

/* fork(), with mounts and pids of its own. */
long command_child_fork(void);

/*
 * Give up what only tracing needed, and by which a command in place would reach the daemon, and become the
 * command's user, if it has one.
 */
int command_child_become(const struct command *command, struct error *err);

/* All of the child's life, with command->fd the child's end. */
void command_child_live(struct command *command) __attribute__((noreturn));

#endif
