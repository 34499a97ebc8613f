// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/image_access.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"

enum { CREDENTIALS_MAX = 4096 };

static int take_tls_verify(void *target, const char *value, struct error *err)
{
	const char **verify = target;

	(void)err;
	*verify = !value || strcmp(value, "true") == 0 ? "true" : strcmp(value, "false") == 0 ? "false" : NULL;
	return *verify ? 0 : -EINVAL;
}

static int take_credentials(void *target, const char *value, struct error *err)
{
	bool *follow = target;

	if (strcmp(value, "-") != 0)
		return error_set(err, -EINVAL, "--creds takes '-' only, and USER:PASSWORD on standard input: "
					       "words can be read by everybody");
	*follow = true;
	return 0;
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

int image_access_read(struct image_access *access, struct error *err)
{
	char line[CREDENTIALS_MAX];
	ssize_t size;

	if (!access->credentials_follow)
		return 0;
	size = io_read(STDIN_FILENO, line, sizeof(line) - 1);
	if (size < 0)
		return error_code(err, (int)size, "cannot read credentials from standard input");
	line[size] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	if (!strchr(line, ':') || *line == ':')
		return error_set(err, -EINVAL, "standard input has no USER:PASSWORD for --creds");
	access->credentials = strdup(line);
	explicit_bzero(line, sizeof(line));
	return access->credentials ? 0 : error_oom(err);
}

struct carrier_options image_access_carrier(const struct image_access *access)
{
	return (struct carrier_options){.tls_verify = access->tls_verify,
					.authfile = access->authfile,
					.credentials = access->credentials,
					.cancel = &command_cancelled};
}

void image_access_release(struct image_access *access)
{
	if (access->credentials)
		explicit_bzero(access->credentials, strlen(access->credentials));
	free(access->credentials);
	access->credentials = NULL;
}
