// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/image_access.h"

static int take_tls_verify(void *target, const char *value, struct error *err)
{
	(void)err;
	return image_access_set_tls_verify(target, value ? value : "true");
}

static int take_credentials(void *target, const char *value, struct error *err)
{
	int r = image_access_set_credentials(target, value, err);

	return r < 0 ? error_prefix(err, r, "--creds") : 0;
}

const struct command_option image_access_options[] = {
	{0, "tls-verify", "[=BOOL]", "false: a registry without TLS, or with a certificate of its own",
	 OPTION_CALL(take_tls_verify, struct image_access, tls_verify)},
	{0, "authfile", "FILE", "credentials for registries, containers-auth.json(5)",
	 OPTION_STRING(struct image_access, authfile)},
	{0, "creds", "-", "USER:PASSWORD for the registry, from standard input",
	 OPTION_CALL(take_credentials, struct image_access, credentials_follow)},
	{0},
};
