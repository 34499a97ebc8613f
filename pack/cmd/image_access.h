/* SPDX-License-Identifier: BSD-2-Clause */
/* How engines and registries are reached, as 'import' and 'export' are told. */
#ifndef PACK_CMD_IMAGE_ACCESS_H
#define PACK_CMD_IMAGE_ACCESS_H

#include "db/base/error.h"
#include "pack/cmd/command.h"
#include "pack/oci/carrier.h"

struct image_access {
	const char *tls_verify, *authfile;
	bool credentials_follow; /* on standard input */
	char *credentials;       /* read; owned */
};

extern const struct command_option image_access_options[];

/* Read the credentials, if they were announced; a line "USER:PASSWORD". */
int image_access_read(struct image_access *access, struct error *err);
/* For pack/oci/carrier.h; the rest of it is the command's. */
struct carrier_options image_access_carrier(const struct image_access *access);
void image_access_release(struct image_access *access);

#endif
