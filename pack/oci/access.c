// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/access.h"

#include <errno.h>
#include <string.h>

#include "pack/oci/credentials.h"

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
	return access->credentials_follow ? credentials_read(&access->credentials, err) : 0;
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
	credentials_free(access->credentials);
	access->credentials = NULL;
}
