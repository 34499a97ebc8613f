/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wing source/ is the pristine root that is packed from, never left and never written to. It
 * may include db, db/base and pack/tree. Another way to look for paths goes beside list.c and
 * which.c, another attribute to take along into attributes.c, and what somebody asks to be changed
 * on the way into overrides.c.
 */
/*
 * The source: the pristine root directory that files are packed from, held by descriptor. Nothing
 * here ever leaves it: paths are walked part by part, absolute links start again at its top, and
 * ".." stops there, as for a program whose root it is.
 *
 * What lstat(2) says of a path is remembered, so that asking twice costs one hash lookup and a
 * build sees one state of the source. A *real* path is canonical and has no link among its parents.
 */
#ifndef PACK_SOURCE_SOURCE_H
#define PACK_SOURCE_SOURCE_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/base/error.h"
#include "db/base/hash.h"
#include "db/base/text.h"
#include "db/entry.h"

struct source;

/* What was found at a real path. Borrowed from the source, constant, and lives as long as it does. */
struct source_entry {
	struct hash_link link; /* its hash is hash_string(path) */
	enum entry_kind kind; /* ENTRY_MISSING: there is nothing */
	uint32_t mode;        /* permission bits */
	uint32_t uid, gid, nlink;
	uint64_t size;
	int64_t mtime_ns;
	dev_t dev;
	ino_t ino;
	char *target; /* of a link, else NULL */
	char path[];
};

/* 0, or a negative errno with err set: -ENOENT, -ENOTDIR, -EACCES. */
int source_open(const char *path, struct source **ret_source, struct error *err);
void source_close(struct source *source);
void source_closep(struct source **source);

int source_fd(const struct source *source);
/* The directory as it was named. */
const char *source_path(const struct source *source);

/*
 * What is at a real path, following nothing. 0 also when nothing is there (or a parent is a link or
 * no directory): then the kind is ENTRY_MISSING. Negative with err set when it cannot be known.
 */
int source_look(struct source *source, const char *path, const struct source_entry **ret_entry,
		struct error *err);

/*
 * Walk any path from the root to the end, through every link but, without SOURCE_FOLLOW, a last one.
 * hop (or NULL) is called for each link walked through, and for each directory that ".." leaves: they
 * have to be there for the walk to succeed. A hop that returns non-zero ends it. 0 with an entry that exists, or -ENOENT,
 * -ENOTDIR, -ELOOP (err set for each).
 */
enum source_walk_flags { SOURCE_FOLLOW = 1 << 0 };
typedef int (*source_hop)(const struct source_entry *entry, void *data);
int source_walk(struct source *source, const char *path, unsigned int flags, source_hop hop,
		void *data, const struct source_entry **ret_entry, struct error *err);

/* An error that says that a path leads to nothing, not that it cannot be known. */
static inline bool source_has_none(int code)
{
	return code == -ENOENT || code == -ENOTDIR || code == -ELOOP || code == -ENAMETOOLONG;
}

/* Open a regular file at a real path for reading. */
int source_open_file(struct source *source, const char *path, int *ret_fd, struct error *err);

/* Add the whole of the file that any path leads to; -EFBIG beyond limit bytes, -ENOENT, … */
int source_read(struct source *source, const char *path, size_t limit, struct text *text,
		struct error *err);

/*
 * Call visit for each name in the directory at a real path, in byte order. A visitor that returns
 * non-zero ends it, which returns that. A path that is no directory has no names.
 */
int source_list(struct source *source, const char *path,
		int (*visit)(const char *name, void *data), void *data, struct error *err);

/* From now on directories are listed once, and their names kept: for who walks the same ones many times. */
void source_keep_lists(struct source *source);
/* For list.c: NULL when they are not kept. */
struct kept_lists;
struct kept_lists *source_kept_lists(struct source *source);
struct kept_lists *source_kept_matches(struct source *source);

/*
 * Call visit for each existing path that matches an absolute pattern (path_match()); only
 * directories that can contain one are read, and links among the literal parts are followed. A pattern that is asked
 * for again costs one lookup for each path that matched.
 */
int source_glob(struct source *source, const char *pattern,
		int (*visit)(const struct source_entry *entry, void *data), void *data,
		struct error *err);

#endif
