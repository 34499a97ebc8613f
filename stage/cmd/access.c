// SPDX-License-Identifier: BSD-2-Clause
#include "stage/cmd/access.h"

#include <errno.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "pack/oci/reference.h"

/* The registry of what is spelled so; NULL: it is of none. The caller frees. */
static char *host_of(const char *text)
{
	_cleanup_(reference_release) struct reference reference = {0};
	struct error ignored = ERROR_INIT;

	if (!text || reference_parse(text, &reference, &ignored) < 0 ||
	    reference.transport != REFERENCE_REGISTRY)
		return NULL;
	return reference_host(&reference);
}

int access_read(struct asked *asked, const char *from, const char *to, struct carrier_options *ret_access,
		struct error *err)
{
	_cleanup_(freep) char *source = host_of(from), *target = host_of(to);
	bool follow = asked->access.credentials_follow;
	int r;

	if (follow && asked->spec.input && strcmp(asked->spec.input, "-") == 0)
		return error_set(err, -EINVAL, "--creds - and --input - both want standard input");
	if (follow && source && target && strcmp(source, target) != 0)
		return error_set(err, -EINVAL, "--creds is for one registry, and here are two; use --authfile");
	r = image_access_read(&asked->access, err);
	if (r == 0)
		*ret_access = image_access_carrier(&asked->access, NULL);
	return r;
}
