// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/deliver.h"

#include <stdlib.h>

#include "db/base/cleanup.h"
#include "pack/oci/credentials.h"
#include "stage/cancel.h"
#include "stage/stages/tracepack.h"

int deliver(const struct delivery *delivery, struct text *said, struct error *err)
{
	const struct carrier_options *access = delivery->access;
	_cleanup_(freep) char *authfile = NULL, *host = NULL;
	struct tracepack_export export = {
		.package = delivery->package,
		.image = delivery->to->text,
		.name = delivery->name,
		.tmpdir = delivery->tmpdir,
		.tls_verify = access->tls_verify,
		.authfile = access->authfile,
		.changes = delivery->changes,
		.force = delivery->force,
	};
	int r = 0;

	if (access->credentials && delivery->to->transport == REFERENCE_REGISTRY) {
		host = reference_host(delivery->to);
		r = host ? credentials_write(delivery->tmpdir, host, access->credentials, &authfile, err)
			 : error_oom(err);
		export.authfile = authfile;
	}
	if (r < 0)
		return r;
	export.cancel = cancel_begin();
	r = tracepack_export(&export, said, err);
	cancel_end();
	return r;
}
