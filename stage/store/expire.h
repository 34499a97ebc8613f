/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `run` mounted and nobody uses any more. What still runs from it has a mount of its own.
 */
#ifndef STAGE_STORE_EXPIRE_H
#define STAGE_STORE_EXPIRE_H

/* In the store's namespace: an hour after its last use, or beyond 16 packages and 4 GiB, the oldest first. */
void expire_packages(void);
/* One of them, however new. What is kept loses its mount only. */
void expire_package(const char *digest);

#endif
