/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Doing as the caller what makes a new file: owner, group and umask are then the file system's
 * business, with set-group-ID directories, default ACLs and quotas as it has them.
 *
 * All of it is the calling thread's own: it must have left the file system attributes that threads
 * share (unshare(CLONE_FS)), and its umask is 0 otherwise.
 */
#ifndef FS_CREDENTIALS_H
#define FS_CREDENTIALS_H

#include <fuse_lowlevel.h>
#include <stdbool.h>

struct credentials {
	bool changed;
};

/*
 * Take the umask of who made the request and, where `own` says that other users are to be served as
 * themselves, user and group; those only where they are not root's.
 */
void credentials_assume(fuse_req_t req, bool own, struct credentials *ret_credentials);
void credentials_return(const struct credentials *credentials);

/*
 * May the caller leave a file of this group setgid: is it a member, or has it CAP_FSETID? Reads a file of
 * /proc; false where that cannot be read and the group is not its first.
 */
bool credentials_keep_setgid(fuse_req_t req, gid_t group);

#endif
