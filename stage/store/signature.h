/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who vouches for a package: a small file beside it, PACKAGE.sig, which says of which bytes it is and is signed
 * with a key as openssl(1) makes them (Ed25519, ECDSA, RSA), in PEM:
 *
 *	sfc-signature 1
 *	sha256:3f0c…
 *	size: 4404019
 *	key: 9c1d…
 *	MEUCIQ…
 *
 * Its first three lines are what is signed, byte for byte; key is the SHA-256 of the public key's DER, to find it by;
 * the last is the signature in base64. So openssl pkeyutl checks it without us, package.5 says how.
 */
#ifndef STAGE_STORE_SIGNATURE_H
#define STAGE_STORE_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/digest.h"
#include "db/base/error.h"

/* What is vouched for. */
struct signature_subject {
	char digest[DIGEST_HEX_SIZE];
	uint64_t size;
};

/* Of the file as it is now. */
int signature_subject_of(const char *path, struct signature_subject *ret_subject, struct error *err);

/* With the private key in this file; a passphrase is asked for on the terminal. replace: what stands at `output`. */
int signature_write(const struct signature_subject *subject, const char *key, const char *output, bool replace,
		    struct error *err);

/*
 * 0: the signature in this file is of those bytes and by this public key. -ENOENT there is no such signature;
 * -EBADMSG it is none, or of other bytes; -EKEYREJECTED by another key, or not by any.
 */
int signature_check(const char *signature, const struct signature_subject *subject, const char *key,
		    struct error *err);

#endif
