/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Root's store of packages: each is mounted once, read-only, nosuid, nodev, noexec, by the digest that we
 * computed, for all that is started from it, in a mount namespace that belongs to nobody. That namespace
 * holds an empty tmpfs, the store's directory and the packages, and lives without a process: it is bound
 * to the file "ns" behind the state's 0700 door. A start takes a clone of the package's mount; the pages
 * in memory are the same for all.
 *
 * Before the kernel reads a package as root it is ours: copied here while it is digested, or left in place
 * where root alone can write it, on the store's own file system; and our own reader has walked all of it.
 *
 * What is mounted for `run` stays for an hour after its last use, at most 16 packages and 4 GiB; any
 * later start drops what is older. All of this is for root.
 */
#ifndef STAGE_STORE_STORE_H
#define STAGE_STORE_STORE_H

#include <stdbool.h>

#include "db/base/digest.h"
#include "db/base/error.h"

struct store;

/* state: the state directory, behind its door, absolute and without links. */
int store_open(const char *state, struct store **ret_store, struct error *err);
void store_close(struct store *store);
void store_closep(struct store **store);
int store_fd(const struct store *store);

struct store_package {
	char digest[DIGEST_HEX_SIZE];
	bool set_id; /* it holds a set-id or capability-bearing file */
	int mount;   /* a detached clone; the caller's */
};

/* The package in `file`, open for reading; name is for messages. -EINVAL: it is none, or damaged. */
int store_take(struct store *store, int file, const char *name, struct store_package *ret_package,
	       struct error *err);

/* Take down all that is mounted, and the namespace; what runs from it keeps its own clones. */
int store_settle(struct store *store, struct error *err);

#endif
