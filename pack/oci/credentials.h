/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * USER:PASSWORD for a registry: a line on standard input, then a file that only its owner reads. They are
 * never words of a command line, which everybody can read.
 */
#ifndef PACK_OCI_CREDENTIALS_H
#define PACK_OCI_CREDENTIALS_H

#include "db/base/error.h"

/* -EINVAL when the line is none; the caller frees with credentials_free(). */
int credentials_read(char **ret_credentials, struct error *err);
/* Nothing of it stays in memory. */
void credentials_free(char *credentials);

/* "auth.json" in this directory, in the form of containers-auth.json(5); the caller frees *ret_path. */
int credentials_write(const char *directory, const char *host, const char *credentials, char **ret_path,
		      struct error *err);

#endif
