/* SPDX-License-Identifier: BSD-2-Clause */
/* tracefs(1), run as a program in the foreground: until its mount is there, or it has said why not. */
#ifndef STAGE_LAYER_TRACEFS_H
#define STAGE_LAYER_TRACEFS_H

#include <stdbool.h>
#include <sys/types.h>

#include "db/base/error.h"
#include "db/base/text.h"

/* "key=value" into a list of mount options, which commas part. */
void tracefs_option(struct text *list, const char *key, const char *value);

struct tracefs_program {
	pid_t pid; /* 0: it does not run */
	int pidfd;
	int log; /* what it said */
	bool outside; /* its number is of no use but to stage/mount/outside.h */
};

#define TRACEFS_PROGRAM_INIT                                                                       \
	{                                                                                          \
		0, -1, -1, false                                                                   \
	}

/* stays: it outlives us, whatever ends us. Returns when it is mounted. */
int tracefs_start(const char *options, const char *source, const char *mountpoint, bool stays,
		  struct tracefs_program *ret_program, struct error *err);
/*
 * The same from outside of a plain user's namespace, where the owners in the source have their true numbers: it is
 * mounted where we are.
 */
int tracefs_start_outside(const char *options, const char *source, const char *mountpoint,
			  struct tracefs_program *ret_program, struct error *err);
/* Its status once it has ended within ms (-1: however long it takes), 255: by a signal; -1: it runs on. */
int tracefs_wait(struct tracefs_program *program, int ms);
/* -EIO, with the prefix and what it said: the last line that is no warning, without the name of the program. */
int tracefs_reason(const struct tracefs_program *program, const char *prefix, struct error *err);
int tracefs_reason_in(struct text *said, struct error *err);
/* Forget it, which goes on. */
void tracefs_leave(struct tracefs_program *program);
/* It ends now. */
void tracefs_kill(struct tracefs_program *program);

#endif
