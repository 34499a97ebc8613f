/* SPDX-License-Identifier: BSD-2-Clause */
/* export --guard: what goes into an image to watch for what its package was made without. */
#ifndef PACK_CMD_EXPORT_GUARD_H
#define PACK_CMD_EXPORT_GUARD_H

#include "pack/oci/image_config.h"
#include "pack/oci/write.h"

struct export_guard {
	struct oci_guard guard; /* borrows from the others here */
	int program, manifest;
	char id[IMAGE_DIGEST_SIZE];
};

#define EXPORT_GUARD_INIT                                                                          \
	{                                                                                          \
		.program = -1, .manifest = -1                                                      \
	}

/* "report" or "heal"; another word is -EINVAL. */
int export_guard_take(enum traced_what *ret_what, const char *word);
/* How it is started, for who has made one. */
void export_guard_say(enum traced_what what);

/*
 * program: a tracefs that needs no libraries. -EINVAL with err set when `package` is none: what it lacks is only
 * known of one. Release it in any case.
 */
int export_guard_open(struct export_guard *guard, enum traced_what what, const char *program, const char *package,
		      struct error *err);
void export_guard_release(struct export_guard *guard);

#endif
