/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bill of materials of sbom.h said again as SPDX 2.3 JSON: a package for what it is of and one for each
 * component, which that contains. It may come out of a package that somebody else made: what is not as it has to
 * be is left out. Files have no place in it, where each wants a SHA-1.
 */
#ifndef PACK_DISTRO_SPDX_H
#define PACK_DISTRO_SPDX_H

#include <jansson.h>

/* The same bill gives the same document, which the caller owns. NULL: out of memory. */
json_t *spdx_json(const json_t *bill);

#endif
