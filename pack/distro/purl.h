/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Package URLs, by which scanners and lists of weaknesses name a package:
 * pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc, and of rpm with the epoch by itself.
 */
#ifndef PACK_DISTRO_PURL_H
#define PACK_DISTRO_PURL_H

#include "db/base/text.h"
#include "pack/distro/distribution.h"

void purl_add(struct text *text, const struct distribution *distribution, const struct installed *installed);

/* As the purl specification wants it: everything but a few characters as %XX. */
void purl_encode(struct text *text, const char *string);

#endif
