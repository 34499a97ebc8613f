/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What should never leave a test machine by accident: private keys, passwords, histories.
 */
#ifndef PACK_NEED_SECRETS_H
#define PACK_NEED_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

enum { SECRETS_HEAD = 64 * 1024 }; /* bytes of a file that secrets_of_contents() wants to see */

/*
 * The kind of secret that usually is at this path ("SSH key"), or NULL. *ret_unless_read: it is
 * needed after all when a traced program read it.
 */
const char *secrets_of_path(const char *path, bool *ret_unless_read);

/* The kind of secret these contents are ("private key"), or NULL. */
const char *secrets_of_contents(const char *head, size_t size);

#endif
