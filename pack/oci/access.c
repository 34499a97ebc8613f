// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/access.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/io.h"

enum { CREDENTIALS_MAX = 4096 };

int image_access_set_tls_verify(const char **ret_verify, const char *word)
{
	if (strcmp(word, "true") != 0 && strcmp(word, "false") != 0)
		return -EINVAL;
	*ret_verify = *word == 't' ? "true" : "false";
	return 0;
}

int image_access_set_credentials(bool *ret_follow, const char *word, struct error *err)
{
	if (strcmp(word, "-") != 0)
		return error_set(err, -EINVAL, "takes '-' only, and USER:PASSWORD on standard input: "
					       "words can be read by everybody");
	*ret_follow = true;
	return 0;
}

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

struct carrier_options image_access_carrier(const struct image_access *access, const volatile int *cancel)
{
	return (struct carrier_options){.platform = access->platform,
					.tls_verify = access->tls_verify,
					.authfile = access->authfile,
					.credentials = access->credentials,
					.cancel = cancel};
}

void image_access_release(struct image_access *access)
{
	if (access->credentials)
		explicit_bzero(access->credentials, strlen(access->credentials));
	free(access->credentials);
	access->credentials = NULL;
}
