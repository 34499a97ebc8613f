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
 * What is installed is a copy in any case and stays until store_forget(). Who installs it notes that before:
 *
 *	r = store_copy(store, file, name, &copy, err);		nothing has a name yet
 *	…note copy.digest…
 *	r = store_keep(store, &copy, name, err);
 *
 * What is mounted for `run` stays for an hour after its last use, at most 16 packages and 4 GiB; any
 * later start drops what is older. All of that is for root.
 *
 * A plain user's namespace outlives none of his commands. What he installs is extracted (stage/store/extracted.h), so
 * that it needs no mount of its own, and what `run` mounts is mounted for this run alone.
 */
#ifndef STAGE_STORE_STORE_H
#define STAGE_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/digest.h"
#include "db/base/error.h"
#include "pack/layer/extract.h"
#include "pack/layer/extract_dir.h"

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

/* The file of a package, to be given to what follows; the caller closes. -ENOENT: there is none. */
int store_open_package(const char *path, int *ret_file, struct error *err);

/* The package in `file`, open for reading; name is for messages. -EBADMSG: it is none, or damaged. */
int store_take(struct store *store, int file, const char *name, struct store_package *ret_package,
	       struct error *err);

struct store_copy {
	int fd;
	int mount; /* detached, read-only, a user's a directory: for who looks into it */
	char digest[DIGEST_HEX_SIZE];
	bool set_id;
	uint64_t bytes;
	/* of a user's */
	struct extract_dir directory;
	struct extract_stats extracted; /* bytes 0: it was there already */
};

#define STORE_COPY_INIT                                                                            \
	{                                                                                          \
		.fd = -1, .mount = -1, .directory = EXTRACT_DIR_INIT                               \
	}

/* A package that was copied, digested and walked. digest: what it has to be, NULL: any. -EBADMSG: it is none. */
int store_copy(struct store *store, int file, const char *name, const char *digest,
	       struct store_copy *ret_copy, struct error *err);
void store_copy_release(struct store_copy *copy);
/* On disk under its digest, and mounted for all; a user's is its directory. */
int store_keep(struct store *store, struct store_copy *copy, const char *name, struct error *err);
/*
 * A clone of the mount of one that was kept. The first after a boot reads the file, to see that it is what was
 * installed: -EBADMSG when it is not.
 */
int store_mount(struct store *store, const char *digest, int *ret_mount, struct error *err);
int store_forget(struct store *store, const char *digest, struct error *err);
/* What a command that was killed had extracted. */
void store_tidy(const struct store *store);
/* Digests of what is kept; the visitor may forget it. Non-zero ends it and comes back. */
int store_each_kept(struct store *store, int (*visit)(const char *digest, void *data), void *data,
		    struct error *err);

/* Take down all that is mounted, and the namespace; what runs from it keeps its own clones. */
int store_settle(struct store *store, struct error *err);

#endif
