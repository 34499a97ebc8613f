/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a package's manifest is told about the package (db/packed.h): gathered from the distribution's
 * records and from the evidence, while they are at hand. All zero is none.
 */
#ifndef PACK_PACKAGE_NOTES_H
#define PACK_PACKAGE_NOTES_H

#include "db/packed.h"
#include "pack/distro/distribution.h"
#include "pack/evidence/evidence.h"
#include "pack/tree/intern.h"

struct notes {
	struct packed packed;
	struct intern strings;
	struct hash owners; /* of paths that are kept */
};

void notes_release(struct notes *notes);

/* The packages, and which of them has which of the files that are kept: 0 or -ENOMEM. */
int notes_add_distribution(struct notes *notes, const struct distribution *distribution);
/* The paths and why they are in, after the packages: 0 or -ENOMEM. */
int notes_add_evidence(struct notes *notes, const struct evidence *evidence);

#endif
