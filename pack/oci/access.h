/* SPDX-License-Identifier: BSD-2-Clause */
/* How engines and registries are reached, as it is said by who wants an image from there. Strings are borrowed. */
#ifndef PACK_OCI_ACCESS_H
#define PACK_OCI_ACCESS_H

#include <stdbool.h>

#include "db/base/error.h"
#include "pack/oci/carrier.h"

struct image_access {
	const char *platform; /* "os/architecture[/variant]"; NULL: this machine's */
	const char *tls_verify, *authfile;
	bool credentials_follow; /* on standard input */
	char *credentials;       /* read; owned */
};

/* "true" or "false"; any other word is -EINVAL. */
int image_access_set_tls_verify(const char **ret_verify, const char *word);
/* "-" alone says that credentials follow: words can be read by everybody. */
int image_access_set_credentials(bool *ret_follow, const char *word, struct error *err);

/* Read the credentials, if they were announced; a line "USER:PASSWORD". */
int image_access_read(struct image_access *access, struct error *err);
/* For pack/oci/carrier.h. cancel becomes non-zero when it is to end. */
struct carrier_options image_access_carrier(const struct image_access *access, const volatile int *cancel);
void image_access_release(struct image_access *access);

#endif
