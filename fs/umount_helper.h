/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What umount(8) calls for our mounts: the kernel's unmounting does not wait for us, so this does.
 * By type, for those without scratch; for those with, whose type is overlay, by a note in mount(8)'s
 * own table, which is made for what mount(8) mounted.
 */
#ifndef FS_UMOUNT_HELPER_H
#define FS_UMOUNT_HELPER_H

/* The life of umount.tracefs and umount.fuse.tracefs: the exit status. */
int umount_helper(int argc, char **argv);

/* Note for umount(8) that the mount is to be unmounted by us; without it, it does not wait. */
void umount_helper_note(const char *source, const char *mountpoint);

#endif
