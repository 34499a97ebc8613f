/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lexical path algebra: strings in, strings out, the disk is never touched. A *canonical* path, as
 * the manifest stores it, is absolute, has no "." or ".." or empty part and no trailing slash; the
 * root is "/". Bytes are bytes: nothing is decoded.
 */
#ifndef DB_BASE_PATH_H
#define DB_BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool path_is_canonical(const char *path);

/*
 * The canonical spelling: "." and empty parts go, ".." takes the part before it (and is dropped at
 * the root, as the kernel does). A relative path is taken from the root. NULL when out of memory;
 * the caller frees.
 */
char *path_canonicalize(const char *path);

/* "/usr" + "bin" → "/usr/bin", "/" + "bin" → "/bin". No canonicalizing. NULL: out of memory. */
char *path_join(const char *directory, const char *name);

/* Of a canonical path: "/usr/bin" → "/usr", "/bin" → "/", "/" → "/". NULL: out of memory. */
char *path_parent(const char *path);

/* The last part, inside `path`: "/usr/bin" → "bin", "/" → "". */
const char *path_name(const char *path);

/* path is directory itself or below it; both canonical. */
bool path_is_within(const char *path, const char *directory);

/*
 * What a symlink at canonical `link_path` names, as a canonical path inside the root: an absolute
 * target starts at the root, a relative one in the directory of the link. Purely lexical: ".." after
 * another symlink has to be resolved by walking, not by this. NULL: out of memory.
 */
char *path_resolve(const char *link_path, const char *target);

/*
 * The next part of *rest: returns its start, sets *ret_length, moves *rest behind it. NULL at the
 * end. Slashes are skipped; "." and ".." come out as they are.
 */
const char *path_next(const char **rest, size_t *ret_length);

/*
 * Shell-like pattern against a whole canonical path. '*' and '?' stop at '/', '[…]' is a class that
 * never matches '/', a part that is exactly "**" matches any number of parts (also none), '\' takes
 * the next byte literally. A pattern without a leading '/' matches at any depth. Matching is on bytes.
 */
bool path_match(const char *pattern, const char *path);

/*
 * For matching one path against many patterns: the first bytes of its parts, as a set. A pattern that
 * may not match by them does not match.
 */
uint64_t path_initials(const char *path);
bool path_may_match(const char *pattern, uint64_t initials);

#endif
