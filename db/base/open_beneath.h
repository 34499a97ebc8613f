/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open what is at a path below a directory without ever following a symbolic link, so that a source
 * that changes under us cannot lead out of its root. Paths of any length: longer ones than the
 * kernel takes at once are walked in steps.
 */
#ifndef DB_BASE_OPEN_BENEATH_H
#define DB_BASE_OPEN_BENEATH_H

/*
 * path is relative ("usr/bin/env"); a leading slash is ignored, and "" or "/" is the directory itself.
 * A descriptor with O_CLOEXEC, or a negative errno: -ELOOP when any part is a symbolic link (the last
 * one too, unless flags has O_PATH).
 */
int open_beneath(int rootfd, const char *path, int flags);

#endif
