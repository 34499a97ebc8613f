/* SPDX-License-Identifier: BSD-2-Clause */
/* Why io_uring cannot be had, in words for the one who has asked for it. */
#ifndef FS_URING_REFUSAL_H
#define FS_URING_REFUSAL_H

/* error: what uring_check() said; 0 when it is the kernel that does not offer FUSE that way. */
const char *uring_refusal(int error);

#endif
