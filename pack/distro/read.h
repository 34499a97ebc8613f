/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads a distribution by the records its package manager left in a source: those of dpkg
 * (/var/lib/dpkg/status with info/, or status.d/ of images without dpkg), of apk
 * (/lib/apk/db/installed), and of rpm (pack/distro/rpm.h). One reader each; another package manager is
 * another read_*.c and a line in read.c.
 *
 * Cost: one lookup in the source for each file of each package.
 */
#ifndef PACK_DISTRO_READ_H
#define PACK_DISTRO_READ_H

#include "db/base/error.h"
#include "pack/distro/distribution.h"
#include "pack/source/source.h"

/* No records at all is a distribution of no packages. */
int distribution_read(struct source *source, struct distribution *ret_distribution,
		      struct error *err);

#endif
