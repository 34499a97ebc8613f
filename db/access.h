/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An access: what many operations of one kind, on one path, with one result, by one program add up
 * to. tracefs writes them in batches; tracepack reads them as one walk ordered by path.
 */
#ifndef DB_ACCESS_H
#define DB_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/entry.h"
#include "db/manifest.h"

enum access_op {
	ACCESS_LOOKUP,   /* a name was looked up and nothing more was seen (mode first, O_PATH, misses) */
	ACCESS_STAT,
	ACCESS_ACCESS,
	ACCESS_READLINK,
	ACCESS_OPEN,
	ACCESS_EXEC,
	ACCESS_READDIR,
	ACCESS_GETXATTR,
	ACCESS_CREATE,
	ACCESS_MKDIR,
	ACCESS_MKNOD,
	ACCESS_SYMLINK,
	ACCESS_LINK,
	ACCESS_UNLINK,
	ACCESS_RMDIR,
	ACCESS_RENAME,
	ACCESS_WRITE,    /* contents changed by other means than an open for writing: truncate */
	ACCESS_SETATTR,
	ACCESS_SETXATTR,
	ACCESS_OPS
};

/* The name in the manifest: "open". NULL / -EINVAL for what is none. */
const char *access_op_name(enum access_op op);
int access_op_of_name(const char *name, enum access_op *ret_op);

enum access_flags {
	ACCESS_READING = 1 << 0,
	ACCESS_WRITING = 1 << 1,
	ACCESS_EXECUTING = 1 << 2,
};

/* One access to add to the manifest. Strings are borrowed for the call. */
struct access_record {
	const char *path;
	const struct found *found; /* what was there; NULL: not seen, leave what the entry says */
	const char *exe, *comm;    /* the program; exe "" when unknown */
	enum access_op op;
	int error;                 /* errno as a positive number, 0 success */
	unsigned int flags;        /* enum access_flags, of opens */
	uint64_t count;            /* operations since the last batch, at least 1 */
	uint64_t first_seq;        /* of the first of them, in the order of the session */
	int64_t first_ns, last_ns;
};

/*
 * Add a batch to a session: rows that are there already grow. With the counts that session_note()
 * takes, in one transaction of its own; on an error nothing of it is written and it can be tried
 * again.
 */
int access_record_batch(struct manifest *manifest, int64_t session,
			const struct access_record *records, size_t count, uint64_t more_events,
			uint64_t more_dropped, struct error *err);

/* One raw event, for log=events. */
struct event_record {
	uint64_t seq;
	int64_t ns;
	int32_t pid;
	const char *path, *exe, *comm;
	enum access_op op;
	int error;
};
/* In one transaction of its own, as above. */
int event_record_batch(struct manifest *manifest, int64_t session,
		       const struct event_record *records, size_t count, struct error *err);

/*
 * Reading: every access of the chosen sessions, ordered by path, then first use. Rows of one entry
 * come one after another.
 *
 *	r = access_walk_begin(manifest, ids, count, &walk, err);
 *	while ((r = access_walk_next(walk, &row, err)) > 0)
 *		…
 *	access_walk_end(walk);
 */
struct access_row {
	int64_t session;
	struct entry entry; /* borrowed until the next call */
	const char *exe, *comm;
	enum access_op op;
	int error;
	unsigned int flags;
	uint64_t count;
	uint64_t first_seq;
	int64_t first_ns, last_ns;
};

struct access_walk;
/* sessions NULL: all of them. */
int access_walk_begin(struct manifest *manifest, const int64_t *sessions, size_t count,
		      struct access_walk **ret_walk, struct error *err);
/* Only the accesses to one path. */
int access_walk_begin_path(struct manifest *manifest, const char *path, const int64_t *sessions,
			   size_t count, struct access_walk **ret_walk, struct error *err);
/* 1 a row, 0 the end, or a negative errno. */
int access_walk_next(struct access_walk *walk, struct access_row *ret_row, struct error *err);
void access_walk_end(struct access_walk *walk);
void access_walk_endp(struct access_walk **walk);

#endif
