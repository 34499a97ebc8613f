/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256, by libcrypto. Identity of packages and layers; not for passwords.
 *
 *	_cleanup_(digest_freep) struct digest *digest = NULL;
 *
 *	r = digest_new(&digest);
 *	r = digest_add(digest, data, size);
 *	r = digest_finish(digest, hex);		hex is char[DIGEST_HEX_SIZE]
 */
#ifndef DB_BASE_DIGEST_H
#define DB_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"

#define DIGEST_SIZE 32                        /* bytes */
#define DIGEST_HEX_SIZE (2 * DIGEST_SIZE + 1) /* lower-case hex with its terminator */

struct digest;

/* 0 or -ENOMEM. */
int digest_new(struct digest **ret_digest);
void digest_free(struct digest *digest);
void digest_freep(struct digest **digest);

/* 0 or -EIO when libcrypto fails. */
int digest_add(struct digest *digest, const void *data, size_t size);
/* Only once; the digest can then only be freed or restarted. */
int digest_finish(struct digest *digest, char ret_hex[DIGEST_HEX_SIZE]);
int digest_finish_bytes(struct digest *digest, uint8_t ret_bytes[DIGEST_SIZE]);

/* Begin anew, for many hashes one after another: 0 or -EIO. */
int digest_restart(struct digest *digest);

/* Of bytes in memory, in one call: 0 or -EIO. */
int digest_once(const void *data, size_t size, uint8_t ret_bytes[DIGEST_SIZE]);
int digest_once_hex(const void *data, size_t size, char ret_hex[DIGEST_HEX_SIZE]);

#define DIGEST_UUID_SIZE 37

/* A uuid that says the same: RFC 9562's version 8, of 122 bits of it. */
void digest_uuid(const char hex[DIGEST_HEX_SIZE], char ret_uuid[DIGEST_UUID_SIZE]);

/* Of everything readable from fd at its offset 0 on; the file offset does not move. */
int digest_fd(int fd, char ret_hex[DIGEST_HEX_SIZE], struct error *err);

#endif
