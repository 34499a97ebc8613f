/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A directory for what a command puts aside, closed to others: it goes with the command. Whoever has one holds a
 * lock on it; what is left by one that was killed is removed by who makes the next of its kind there.
 *
 *	_cleanup_(work_dir_release) struct work_dir work = WORK_DIR_INIT;
 *
 *	r = work_dir_make(&work, tmpdir, "tracepack-image", err);
 *	…work.path…
 */
#ifndef PACK_LAYER_WORK_DIR_H
#define PACK_LAYER_WORK_DIR_H

#include "db/base/error.h"

struct work_dir {
	char *path; /* PARENT/KIND.XXXXXX; NULL: there is none */
	int lock;
};

#define WORK_DIR_INIT                                                                              \
	{                                                                                          \
		NULL, -1                                                                           \
	}

/* parent NULL: $TMPDIR, else /var/tmp. */
int work_dir_make(struct work_dir *work, const char *parent, const char *kind, struct error *err);
/* With all that is in it; one of zeros is none. */
void work_dir_release(struct work_dir *work);

#endif
