/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An image, spelled as skopeo(1) spells it, or a file or directory, spelled as it is:
 *
 *	docker://HOST/NAME[:TAG|@DIGEST]     docker-daemon:NAME[:TAG]     containers-storage:NAME[:TAG]
 *	oci:DIR[:TAG]     oci-archive:FILE[:NAME]     docker-archive:FILE[:NAME]
 */
#ifndef PACK_OCI_REFERENCE_H
#define PACK_OCI_REFERENCE_H

#include <stdbool.h>

#include "db/base/error.h"

enum reference_transport {
	REFERENCE_FILE, /* no transport: a tar, a directory, a package; "-" */
	REFERENCE_OCI,
	REFERENCE_OCI_ARCHIVE,
	REFERENCE_DOCKER_ARCHIVE,
	REFERENCE_DAEMON,
	REFERENCE_STORAGE,
	REFERENCE_REGISTRY,
};

struct reference {
	enum reference_transport transport;
	const char *text; /* as it was given; borrowed */
	char *path;       /* of those that are files; else NULL; owned */
	char *name;       /* name, or tag of a layout; NULL: not said; owned */
};

/*
 * -EINVAL with err set for a transport there is not, and for a name that cannot be one. A text with a colon
 * in it that is a file is that file. reference is all zero before; release it in any case.
 */
int reference_parse(const char *text, struct reference *reference, struct error *err);
void reference_release(struct reference *reference);

/* It is neither file nor directory: somebody has to fetch or take it. */
bool reference_is_remote(const struct reference *reference);

/*
 * The whole as skopeo takes it, where the short names mean what they mean to the engine itself: "web" is web:latest
 * for docker, localhost/web:latest for podman. NULL: no memory; the caller frees.
 */
char *reference_words(const struct reference *reference);

/* "localhost:5000" of "localhost:5000/web:1", "docker.io" of "web". NULL: no memory; the caller frees. */
char *reference_host(const struct reference *reference);

#endif
