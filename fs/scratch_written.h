/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was written to a scratch, for the manifest: the overlay takes it before tracefs sees any of it, so it is
 * looked for when all is over, in the overlay's upper directory. What is new is "create" (or mkdir, symlink,
 * mknod), a file of the source that was changed is "write", one that was taken away "unlink"; by whom and when
 * is not known. A new directory stands for all that is in it.
 */
#ifndef FS_SCRATCH_WRITTEN_H
#define FS_SCRATCH_WRITTEN_H

#include "db/access.h"
#include "db/base/array.h"
#include "db/base/error.h"
#include "fs/recorder.h"

/* At the most so many paths are noted: more is no service that writes to some places, but a copy of something. */
enum { SCRATCH_WRITTEN_MAX = 10000 };

struct scratch_written {
	ARRAY(struct access_record) records; /* they own their paths and what was found */
};

/*
 * Look for it. source_fd: the root it is the scratch of; both may be O_PATH. What may not be read is left out.
 * 0 or -ENOMEM; release it in any case.
 */
int scratch_written_find(struct scratch_written *written, int upper_fd, int source_fd);
/* Into the session that is about to end. It counts for no event: nobody was asked. */
int scratch_written_note(struct scratch_written *written, struct recorder *recorder, struct error *err);
void scratch_written_release(struct scratch_written *written);

#endif
