/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Speaking to a running mount: a socket in a directory that only its owner may enter, named after
 * the device number of the mount, which anybody can find from the mount point. One question, one
 * answer, both short texts; only root and whoever mounted are answered.
 *
 *	question	answer
 *	"mark LABEL"	"+" or "-reason"
 *	"flush"		the same
 *	"status"	"+" and lines for a person; "status json": one JSON object
 *	"unmount"	"+summary" when the session has ended, or "-reason"
 *	"follow"	the same, but it is for others to unmount
 *
 * The directory is the first that can be used of /run/tracefs, $XDG_RUNTIME_DIR/tracefs and
 * /tmp/tracefs-UID; the socket in it MAJOR:MINOR.
 */
#ifndef FS_CONTROL_H
#define FS_CONTROL_H

#include <stdbool.h>
#include <sys/types.h>

#include "db/base/error.h"
#include "db/base/text.h"
#include "fs/options.h"

struct control {
	int fd; /* listening, or -1 */
	char path[108]; /* as long as unix(7) allows */
	ino_t inode; /* of that */
};

/* Listen for questions about the mount of this device. */
int control_open(struct control *control, dev_t dev, struct error *err);
/* Removes the socket. */
void control_release(struct control *control);
/* Remove the socket of a mount of this device, whose server was killed. */
void control_sweep(dev_t dev);

/*
 * Take one question: the connection to answer on and the question, or -EAGAIN when there was none
 * to be answered after all.
 */
int control_accept(struct control *control, struct text *question, int *ret_fd);
/* Answer and hang up. */
void control_answer(int fd, bool good, const char *text);

/* The other side: ask, and return the answer; a refusal is an error. */
int control_ask(const char *mountpoint, const char *question, struct text *answer,
		struct error *err);
/* In two steps: a connection; and the answer to it, which closes it. */
int control_begin(const char *mountpoint, const char *question, struct error *err);
int control_end(int fd, const char *mountpoint, struct text *answer, struct error *err);

#endif
