/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A package taken in, for an application that is new or to be updated:
 *
 *	r = package_read(store, path, digest, &package, err);	a copy that was walked; nothing of it is noted
 *	r = package_admit(state, store, &package, err);		its row and its file are there, its claim is ours
 *	…package_mark_ready() and what names it, in one transaction…
 *	package_in_release(&package);
 */
#ifndef STAGE_INSTANCE_INSTALL_H
#define STAGE_INSTANCE_INSTALL_H

#include "db/base/error.h"
#include "stage/spec/spec.h"
#include "stage/state/claim.h"
#include "stage/state/state.h"
#include "stage/store/store.h"

struct package_in {
	struct store_copy copy;
	const char *path; /* as given; borrowed */
	char *name;       /* what it calls itself; NULL */
	spec_strings asks; /* what it asks for beyond what it gets */
	struct claim claim;
};

#define PACKAGE_IN_INIT                                                                            \
	{                                                                                          \
		.copy = STORE_COPY_INIT, .claim = CLAIM_INIT                                       \
	}

/* digest: what it has to be, NULL: any. -ENOENT there is no such file. */
int package_read(struct store *store, const char *path, const char *digest,
		 struct package_in *ret_package, struct error *err);
int package_admit(struct state *state, struct store *store, struct package_in *package,
		  struct error *err);
void package_in_release(struct package_in *package);

/*
 * An application of this name, or of the package's, stands on it. The same package again is no error.
 * *ret_name: the application's; the caller frees. *package is to be released in any case.
 */
int instance_install(struct state *state, const char *path, const char *name, const char *digest,
		     char **ret_name, struct package_in *package, struct error *err);

#endif
