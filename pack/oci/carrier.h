/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images from where engines and registries keep them, and back, by skopeo(1); where that cannot talk to a
 * docker daemon, by docker(1). Everything on the way is in one directory of ours that goes when we do.
 */
#ifndef PACK_OCI_CARRIER_H
#define PACK_OCI_CARRIER_H

#include <stdbool.h>

#include "db/base/error.h"
#include "pack/layer/work_dir.h"
#include "pack/oci/reference.h"

struct carrier_options {
	const char *platform;    /* "os/architecture[/variant]"; NULL: this machine's */
	const char *tls_verify;  /* "true" or "false"; NULL: as skopeo has it */
	const char *authfile;    /* NULL: skopeo's own */
	const char *credentials; /* "USER:PASSWORD", for the one registry; or NULL */
	const char *tmpdir;      /* NULL: $TMPDIR or /var/tmp */
	const volatile int *cancel;
};

struct carrier {
	struct work_dir work; /* 0700; removed with what is in it */
	char *path;      /* in it: what was fetched, or is to be delivered */
};

/* A directory to work in; release it in any case. */
int carrier_open(struct carrier *carrier, const struct carrier_options *options, struct error *err);
void carrier_release(struct carrier *carrier);

/*
 * Fetch what the reference names, as it is, nothing converted: carrier->path is a directory as "skopeo copy …
 * dir:" writes it, or what `docker save` writes.
 */
int carrier_fetch(struct carrier *carrier, const struct reference *from,
		  const struct carrier_options *options, struct error *err);

/* It goes there by skopeo: an engine or registry, or a layout that is there, whose other images stay. */
bool carrier_is_needed(const struct reference *to);

/* Deliver the archive at carrier->path, docker's or OCI's, to where the reference names. */
int carrier_deliver(struct carrier *carrier, bool docker, const struct reference *to,
		    const struct carrier_options *options, struct error *err);

#endif
